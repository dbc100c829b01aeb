"""What the engine needs from outside, as small protocols; adapters in zoho/ and store/ fulfil them."""

from tsh_sync_gui.engine.ports.budget import (
    AccessToken,
    Budget,
    CallLog,
    CallRecord,
    LockedToken,
    QuotaStatus,
    RateHeaders,
    Slot,
    TokenStore,
)
from tsh_sync_gui.engine.ports.ledger import Absence, Ledger, Ownership, RunInfo, Watermark
from tsh_sync_gui.engine.ports.mirror import (
    Batch,
    Checkpoint,
    DetailBatch,
    Lines,
    Mirror,
    Rejected,
    Step,
    Stored,
    Vanished,
)
from tsh_sync_gui.engine.ports.zoho import Caller, ListOrder, Organization, PageQuery, PageReply, Source, Wait

__all__ = [
    "Absence",
    "AccessToken",
    "Batch",
    "Budget",
    "CallLog",
    "CallRecord",
    "Caller",
    "Checkpoint",
    "DetailBatch",
    "Ledger",
    "Lines",
    "ListOrder",
    "LockedToken",
    "Mirror",
    "Organization",
    "Ownership",
    "PageQuery",
    "PageReply",
    "QuotaStatus",
    "RateHeaders",
    "Rejected",
    "RunInfo",
    "Slot",
    "Source",
    "Step",
    "Stored",
    "TokenStore",
    "Vanished",
    "Wait",
    "Watermark",
]
