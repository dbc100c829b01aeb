"""Answers: the envelope, and Zoho's error bodies word for word."""

import json
from dataclasses import dataclass, field
from typing import Any

JSON_TYPE = b"application/json;charset=UTF-8"
HTML_TYPE = b"text/html;charset=UTF-8"


@dataclass(slots=True)
class Reply:
    """One answer, before limits' headers, compression and faults are put on it."""

    body: bytes
    status: int = 200
    content_type: bytes = JSON_TYPE
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


class RefusedError(Exception):
    """The request ends in one of Zoho's errors."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body.decode())
        self.reply = reply


def encoded(value: Any) -> bytes:
    """Return compact UTF-8 JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def plain(value: Any, status: int = 200) -> Reply:
    """Return *value* as JSON, without an envelope."""
    return Reply(encoded(value), status)


def success(status: int = 200, message: str = "success", **values: Any) -> Reply:
    """Return Zoho's envelope around *values*."""
    return Reply(encoded({"code": 0, "message": message, **values}), status)


def error(status: int, code: int, message: str) -> Reply:
    """Return an error body."""
    return Reply(encoded({"code": code, "message": message}), status)


def wrong_address() -> Reply:
    """Return what a path that doesn't exist answers."""
    return error(404, 5, "Invalid URL Passed")


def missing(label: str) -> Reply:
    """Return what a record that doesn't exist answers."""
    return error(404, 1002, f"{label} does not exist.")


def invalid_value(field_name: str) -> Reply:
    """Return what a value of the wrong form answers."""
    return error(400, 2, f"Invalid value passed for {field_name}")


def foreign_organization(organization: str) -> Reply:
    """Return what an unknown or missing organization_id answers."""
    return error(400, 6041, f"This user is not associated with the CompanyID/CompanyName:{organization}.")


def unauthorized() -> Reply:
    """Return what a dead token, a missing scope or a missing permission answers."""
    return error(401, 57, "You are not authorized to perform this operation")


def minute_exceeded() -> Reply:
    """Return code 44."""
    return error(
        429,
        44,
        "For security reasons your organization has been blocked as it have exceeded the maximum number of requests"
        " per minute that can originate from an organization.",
    )


def day_exceeded(limit: int) -> Reply:
    """Return code 45."""
    return error(429, 45, f"The API call for this organization has exceeded the maximum call rate limit of {limit}.")


def too_many_at_once() -> Reply:
    """Return code 1070."""
    return error(
        429,
        1070,
        "You have reached the maximum number of in process requests allowed. Kindly try again after some time.",
    )
