"""Where a server listens, as an option of a command line."""

from __future__ import annotations

import click

from offset.base.faults import UserFault
from offset.shell.addresses import Address, parse_listen_address


class ListenAddress(click.ParamType[Address]):
    """IP:PORT, port 0 for any free one; anything else is a usage error, with status 2."""

    name = "IP:PORT"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """The address, or a usage error."""
        try:
            return parse_listen_address(value)
        except UserFault as fault:
            self.fail(f"{fault}.", param, ctx)
