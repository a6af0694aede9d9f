"""All operations, by name. A new one is a copy of its nearest neighbour and a line here."""

from collections.abc import Mapping

from ops_runtime.operations import (
    archive_create,
    files_change,
    files_hash,
    files_list,
    files_plan,
    files_read,
    files_scan,
    files_search,
    files_stat,
    files_suggest,
)
from ops_runtime.operations.base import Operation

OPERATIONS: Mapping[str, Operation] = {
    one.name: one
    for one in (
        *(files_list.LIST, files_scan.SCAN, files_suggest.SUGGEST, files_read.READ, files_stat.STAT, files_hash.HASH),
        *(files_search.SEARCH, files_plan.CREATE, files_plan.GET, files_plan.APPLY, archive_create.CREATE),
        *(files_change.RENAME, files_change.MOVE, files_change.DELETE),
    )
}
