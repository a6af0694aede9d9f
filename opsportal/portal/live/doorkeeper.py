"""Makes sure that who listens may still listen.

A change of the membership arrives by itself: it is a ledger entry. That a session ended, a password
changed or a person was made inactive does not; this looks, for all sockets of the process together.
"""

import asyncio
import logging

from django.db import DatabaseError

from opsportal.portal.live.feed import grounds_now
from opsportal.portal.live.hub import Hub
from opsportal.portal.live.threads import in_thread

LOOK_SECONDS = 30.0

logger = logging.getLogger(__name__)


async def doors_keep(hub: Hub) -> None:
    """Look at every socket's grounds now and then, until cancelled; where they changed it must ask again."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await doors_check(hub)
        except DatabaseError as error:
            logger.warning("live updates: the sessions could not be checked: %s", error)


async def doors_check(hub: Hub) -> None:
    """Make every socket ask again to be admitted whose grounds are no longer what they were."""
    listeners = {(one.listener.session_key, one.listener.user_id) for one in hub.subscriptions()}
    if not listeners:
        return
    grounds = await in_thread(grounds_now, listeners)
    for subscription in hub.subscriptions():
        listener = subscription.listener
        if (listener.session_key, listener.user_id) not in listeners:
            continue  # it came while we looked
        if grounds.get((listener.session_key, listener.user_id)) != listener.grounds:
            subscription.lose()
