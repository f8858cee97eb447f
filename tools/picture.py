"""Writes docs/images/get-status.svg: what `fabctl get-status` shows of the cluster that KUBECONFIG names.

It waits until something is in sync and something has drifted, as in `./dev demo --keep` once both PLCs are resumed:
`kubectl patch plc mixer-speed oven-temperature --type merge -p '{"spec":{"suspend":false}}'`.
"""

import asyncio
import io
import re
import sys
from pathlib import Path

from fabctl.cluster import connected
from fabctl.errors import FabctlError
from fabctl.model import Status, view
from fabctl.options import HERE
from fabctl.render.shapes import Table
from fabctl.render.tables import status_table
from fabctl.render.terminal import rich_table
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

PICTURE = Path(__file__).parent.parent / "docs/images/get-status.svg"
PATIENCE_SECS = 60
COLUMNS = 62


async def table() -> Table:
    """Return the table as soon as it shows both a PLC in sync and one that has drifted.

    Raises:
        TimeoutError: It does not within a minute.
    """
    async with connected(HERE) as cluster, asyncio.timeout(PATIENCE_SECS):
        while True:
            views = [view(body) for body in await cluster.list_objects(cluster.namespace)]
            if {Status.SYNCED, Status.DRIFT} <= {each.status for each in views}:
                return status_table(views, wide=False, namespaces=False)
            await asyncio.sleep(0.2)


def svg(shown: Table) -> str:
    """Return a table as an SVG that loads no font from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor", highlight=False)
    console.print(rich_table(shown))
    template = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title="fabctl get-status", code_format=template, unique_id="fabctl")


def main() -> int:
    """Write the picture and return the exit code."""
    try:
        text = svg(asyncio.run(table()))
    except FabctlError as error:
        sys.stderr.write(f"picture: {error}\n")
        return 1
    except TimeoutError:
        sys.stderr.write(f"picture: not within {PATIENCE_SECS} s one PLC in sync and one drifted\n")
        return 1
    PICTURE.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
