"""Limits: calls per minute, per day and at once, and the token endpoint's throttle."""

from collections import deque

from tsh_sync_gui.simulator.clock import Clock
from tsh_sync_gui.simulator.config import SimulatorConfig
from tsh_sync_gui.simulator.replies import Reply, day_exceeded, minute_exceeded, too_many_at_once

_TOKEN_WINDOW = 600.0


class Limits:
    """What the organization has used; refused calls count too."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recent: deque[float] = deque()
        self._day = clock.day()
        self.used_today = 0
        self.in_flight = 0
        self._token_requests: dict[str, deque[float]] = {}

    def arrive(self, config: SimulatorConfig) -> Reply | None:
        """Count a call; return the refusal if it is one too many. The caller counts `in_flight` itself."""
        now = self._clock.now()
        day = self._clock.day()
        if day != self._day:
            self._day = day
            self.used_today = 0
        self.used_today += 1
        minute_full = self._minute_is_full(now, config)
        self._recent.append(now)
        if self.used_today > config.per_day:
            return day_exceeded(config.per_day)
        if minute_full:
            return minute_exceeded()
        if self.in_flight >= config.concurrency:
            return too_many_at_once()
        return None

    def _minute_is_full(self, now: float, config: SimulatorConfig) -> bool:
        start = now - now % 60 if config.aligned_minutes else now - 60
        recent = self._recent
        while recent and recent[0] < start:
            recent.popleft()
        return len(recent) >= config.per_minute

    def token_throttled(self, refresh_token: str, allowed: int) -> bool:
        """Count a token request; say whether it is one too many in ten minutes."""
        now = self._clock.now()
        times = self._token_requests.setdefault(refresh_token, deque())
        while times and times[0] <= now - _TOKEN_WINDOW:
            times.popleft()
        times.append(now)
        return len(times) > allowed

    def headers(self, config: SimulatorConfig) -> list[tuple[bytes, bytes]]:
        """Return the three headers that every API answer carries."""
        return [
            (b"X-Rate-Limit-Limit", b"%d" % config.per_day),
            (b"X-Rate-Limit-Remaining", b"%d" % max(0, config.per_day - self.used_today)),
            (b"X-Rate-Limit-Reset", b"%d" % self._clock.seconds_to_midnight()),
        ]

    def reset(self) -> None:
        """Forget all that was counted."""
        self._recent.clear()
        self._token_requests.clear()
        self.used_today = 0
