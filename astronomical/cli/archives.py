"""The command `fetch`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from astronomical.cli.common import DONE, Commands, names, output_options
from astronomical.errors import InvalidInputError
from astronomical.paths import path_argument
from astronomical.printable import one_line

if TYPE_CHECKING:
    from astronomical.services.archives.adql import Cone


def add_fetch(commands: Commands) -> None:
    """Add `fetch`."""
    command = commands.add(
        "fetch", _fetch, parents=[output_options()], help="fetch a catalogue from an archive (TAP) into a Parquet file"
    )
    command.add_argument(
        "service", metavar="SERVICE", help="vizier, gaia, simbad, irsa, noirlab, eso, or the address of a TAP service"
    )
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--table", metavar="NAME", help="table to fetch, such as I/239/hip_main")
    what.add_argument("--query", metavar="ADQL", help="query in ADQL")
    command.add_argument("--columns", metavar="A,B,...", default="", help="columns of the table (default: all)")
    command.add_argument(
        "--cone", type=float, nargs=3, metavar=("RA", "DEC", "RADIUS"), help="circle on the sky, in degrees (ICRS)"
    )
    command.add_argument(
        "--ra", default="ra", metavar="COLUMN", help="column of right ascension (default: %(default)s)"
    )
    command.add_argument("--dec", default="dec", metavar="COLUMN", help="column of declination (default: %(default)s)")
    command.add_argument("--limit", type=int, metavar="N", help="maximum number of rows")
    command.add_argument(
        "--count", action="store_true", help="count the rows of the table, and fetch nothing; needs --table"
    )
    command.add_argument(
        "--allow-private", action="store_true", help="allow a service on a private network or on this computer"
    )
    command.add_argument("-o", "--output", type=path_argument, metavar="FILE", help="Parquet file to write")


def _cone(arguments: argparse.Namespace) -> Cone | None:
    from astronomical.services.archives.adql import Cone

    if arguments.cone is None:
        return None
    ra, dec, radius = arguments.cone
    return Cone(ra, dec, radius, arguments.ra, arguments.dec)


def _fetch(arguments: argparse.Namespace) -> int:
    from astronomical.services.archives.adql import build_query, count_query
    from astronomical.services.archives.tap import TapArchive, service_address
    from astronomical.services.proxy import read_proxy
    from astronomical.session.project.outputs import check_output

    if arguments.output is None and not arguments.count:
        raise InvalidInputError("Name the file to write with -o FILE, or count the rows with --count.")
    if arguments.count and arguments.table is None:
        raise InvalidInputError("--count needs --table.")
    target = None if arguments.output is None else check_output(arguments.output, (), overwrite=arguments.overwrite)
    if target is not None and target.suffix.lower() not in (".parquet", ".pq"):
        raise InvalidInputError(f"{target.name}: the name of a table from an archive must end in .parquet.")
    cone = _cone(arguments)
    archive = TapArchive(service_address(arguments.service), allow_private=arguments.allow_private, proxy=read_proxy())
    try:
        archive.reach()
        if arguments.count or target is None:
            print(f"{archive.count(count_query(arguments.table, cone)):,} rows")
            return DONE
        query = arguments.query or build_query(arguments.table, names(arguments.columns), cone, arguments.limit)
        made = archive.fetch(
            query, target, limit=arguments.limit, progress=lambda text: print(one_line(text), file=sys.stderr)
        )
    finally:
        archive.close()
    cut = " (cut off by a limit of the service)" if made.incomplete else ""
    print(one_line(f"{target}: {made.rows:,} rows{cut}"))
    return DONE
