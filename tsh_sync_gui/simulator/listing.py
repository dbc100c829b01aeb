"""From a list request's parameters to a query: filters, sort, page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tsh_sync_gui.simulator.clock import parse_stamp
from tsh_sync_gui.simulator.collection import Collection
from tsh_sync_gui.simulator.config import SimulatorConfig
from tsh_sync_gui.simulator.replies import RefusedError, invalid_value
from tsh_sync_gui.simulator.selection import Query, Test

PAGE_SIZE = 200
_LONGEST_SEARCH = 100
_COMPARISONS = {
    "_less_than": "lt",
    "_less_equals": "le",
    "_greater_than": "gt",
    "_greater_equals": "ge",
}
_DATE_COMPARISONS = {"_start": "ge", "_end": "le", "_before": "lt", "_after": "gt"}


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What a list request asks for."""

    query: Query
    page: int
    per_page: int
    applied_filter: str
    search_text: str


def list_request(
    collection: Collection, product: str, params: Mapping[str, str], config: SimulatorConfig, *, filtered: bool = True
) -> ListRequest:
    """Return what *params* ask of a list; raises RefusedError for what Zoho refuses, ignores what it ignores."""
    per_page = _whole(params, "per_page", PAGE_SIZE)
    if per_page > PAGE_SIZE:
        if config.page_size_error:
            raise RefusedError(invalid_value("per_page"))
        per_page = PAGE_SIZE
    applied = params.get("filter_by") or collection.default_filter.get(product, "Status.All")
    search = params.get("search_text", "")
    if len(search) > _LONGEST_SEARCH:
        raise RefusedError(invalid_value("search_text"))
    tests = _tests(collection, product, params, config, applied) if filtered else ()
    column, descending = collection.default_sort
    if params.get("sort_column") in collection.sorts.get(product, ()):
        column, descending = params["sort_column"], False
    if params.get("sort_order") in {"A", "D"}:
        descending = params["sort_order"] == "D"
    return ListRequest(Query(tests, column, descending), _whole(params, "page", 1), per_page, applied, search)


def page_context(collection: Collection, request: ListRequest, *, more: bool) -> dict[str, Any]:
    """Return the reply's page_context, keys as captured."""
    context: dict[str, Any] = {
        "page": request.page,
        "per_page": request.per_page,
        "has_more_page": more,
        "report_name": collection.report,
        "applied_filter": request.applied_filter,
    }
    if not request.search_text:
        context["custom_fields"] = []
    context |= {"sort_column": request.query.sort, "sort_order": "D" if request.query.descending else "A"}
    if request.search_text:
        context["search_criteria"] = [
            {
                "column_name": column,
                "search_text": request.search_text,
                "search_text_formatted": request.search_text,
                "comparator": "contains",
            }
            for column in collection.search
        ]
    return context


def _whole(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise RefusedError(invalid_value(name))
    return int(text)


def _tests(
    collection: Collection, product: str, params: Mapping[str, str], config: SimulatorConfig, applied: str
) -> tuple[Test, ...]:
    tests: list[Test] = []
    family, _, status = applied.partition(".")
    wanted = collection.statuses.get(status.replace("_", "").casefold())
    if family == collection.filter_family and wanted is not None:
        tests.append(Test((collection.status_column,), "in", wanted))
    for name, value in params.items():
        if value:
            tests.extend(_parameter(collection, name, value))
    since = params.get("last_modified_time", "")
    if since and product in collection.time_filter and not config.ignore_time_filters:
        epoch = parse_stamp(since)
        if epoch is None:
            raise RefusedError(invalid_value("last_modified_time"))
        tests.append(Test(("last_modified_time",), "gt" if config.exclusive_times else "ge", epoch))
    if search := params.get("search_text", ""):
        tests.append(Test(collection.search, "contains", search.casefold()))
    return tuple(tests)


def _parameter(collection: Collection, name: str, value: str) -> list[Test]:
    """Return the tests of one filter parameter; a name that is none gives none, as Zoho ignores it."""
    if name == "status" and "status" in collection.equal:
        return [Test((collection.status_column,), "in", collection.statuses.get(value.replace("_", ""), (value,)))]
    if collection.id_filter and name == collection.id_filter:
        return [Test((collection.id_key,), "in", tuple(value.split(",")[:PAGE_SIZE]))]
    if name in collection.numbers:
        return _number_test(name, "eq", value)
    if name in collection.equal or name in collection.dates or name in collection.texts:
        return [Test((name,), "eq", value)]
    for column in collection.texts:
        for operation in ("startswith", "contains"):
            if name == f"{column}_{operation}":
                return [Test((column,), operation, value.casefold())]
    for column in collection.numbers:
        for ending, operation in _COMPARISONS.items():
            if name == column + ending:
                return _number_test(column, operation, value)
    for column in collection.dates:
        for ending, operation in _DATE_COMPARISONS.items():
            if name == column + ending:
                return [Test((column,), operation, value)]
    return []


def _number_test(column: str, operation: str, value: str) -> list[Test]:
    try:
        return [Test((column,), operation, float(value))]
    except ValueError:
        raise RefusedError(invalid_value(column)) from None
