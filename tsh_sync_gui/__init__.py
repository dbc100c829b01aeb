"""Keep a PostgreSQL ERP database and a Zoho Books / Zoho Inventory organization in step."""
