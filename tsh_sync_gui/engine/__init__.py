"""What syncing means: pure asyncio, without Qt, HTTP or SQL."""
