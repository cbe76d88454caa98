"""Watch balances, through restarts of the node: python examples/watch.py APP.IDENT NODE.TICKET"""

import asyncio
import sys

from offset.app import Away, ChannelConsistent, LastingSession, LiveReport, OffsetError, stay_connected_files


def balances(report: LiveReport) -> dict[str, int]:
    return {
        f"{friend.name} {line.currency}": line.balance.balance
        for friend in report.friends.values()
        if isinstance(friend.channel_status, ChannelConsistent)
        for line in friend.channel_status.currency_reports
    }


async def tell_why_away(session: LastingSession) -> None:
    async for state in session.states():
        if isinstance(state, Away):
            print(state.reason, flush=True)


async def watch(identity: str, ticket: str) -> None:
    async with stay_connected_files(identity, ticket) as session, asyncio.TaskGroup() as tasks:
        tasks.create_task(tell_why_away(session))
        shown: dict[str, int] = {}
        async for _ in session.updates():
            now = balances(session.report)
            for change in sorted(now.items() - shown.items()):
                print(*change, flush=True)
            shown = now


try:
    asyncio.run(watch(*sys.argv[1:]))
except (OffsetError, KeyboardInterrupt) as error:
    sys.exit(str(error))
