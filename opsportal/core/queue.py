"""Hand work to the background workers."""

from typing import Any

from django.utils.module_loading import import_string
from django_q.tasks import async_task


def enqueue(task: str, *args: Any, **options: Any) -> str:
    """Queue ``task`` (a dotted path) with ``args`` (ids, not objects); return the queue's task id.

    Call it inside the transaction that makes the work necessary: the queue row lives in
    the same database, so a rollback takes it back. Raises ImportError at once on a typo.
    Delivery is at least once: the task must begin with a conditional state change.
    """
    import_string(task)
    task_id: str = async_task(task, *args, **options)
    return task_id
