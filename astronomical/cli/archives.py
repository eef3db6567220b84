"""The commands that ask archives: `fetch` and `known-classes`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from astronomical.cli.common import (
    DONE,
    Commands,
    header_options,
    names,
    naming_header_options,
    output_options,
    table_choice,
)
from astronomical.errors import InvalidInputError
from astronomical.paths import path_argument
from astronomical.printable import one_line

if TYPE_CHECKING:
    from astronomical.services.archives.adql import Cone

#: Maximum number of types without a class that are printed.
_SHOWN = 12


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
    output = arguments.output
    target = None if output is None else _parquet(check_output(output, (), overwrite=arguments.overwrite))
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


def add_known_classes(commands: Commands) -> None:
    """Add `known-classes`."""
    command = commands.add(
        "known-classes",
        _known_classes,
        parents=[output_options(), header_options()],
        help="find known classes of the sources of a catalogue in SIMBAD, Milliquas and Gaia (X-Match)",
    )
    command.add_argument("catalogue", type=path_argument, metavar="CATALOGUE", help="table of the sources")
    command.add_argument(
        "-o", "--output", type=path_argument, required=True, metavar="FILE", help="Parquet file to write"
    )
    command.add_argument(
        "--from",
        dest="catalogues",
        type=names,
        default=("simbad",),
        metavar="A,B,...",
        help="catalogues of classes: simbad, milliquas, gaia (default: simbad)",
    )
    command.add_argument(
        "--radius", type=float, default=1.0, metavar="ARCSEC", help="maximum separation (default: %(default)s)"
    )
    command.add_argument(
        "--classes",
        choices=("kinds", "variables"),
        default="kinds",
        help="default classes of types: Star, Galaxy and QSO, or kinds of variable star (default: kinds)",
    )
    command.add_argument(
        "--types", type=path_argument, metavar="CSV", help="classes of types (columns catalogue, type and class)"
    )
    command.add_argument(
        "--write-types",
        type=path_argument,
        metavar="CSV",
        help="write the types that were found, to edit their classes",
    )
    command.add_argument("--id", metavar="COLUMN", help="column of unique ids (default: rows keep their order)")
    command.add_argument("--ra", metavar="COL", help="column of the right ascension")
    command.add_argument("--dec", metavar="COL", help="column of the declination")
    command.add_argument("--ra-unit", choices=("deg", "hourangle", "rad"), help="unit of the right ascension")
    command.add_argument("--table", metavar="N|NAME", help="table to read, if the file holds several")
    command.add_argument("--service", metavar="URL", help="address of another X-Match service")
    command.add_argument(
        "--allow-private", action="store_true", help="allow a service on a private network or on this computer"
    )


def _known_classes(arguments: argparse.Namespace) -> int:
    from astronomical.services.archives.class_catalogues import class_catalogues
    from astronomical.services.archives.xmatch import XMatch, xmatch_address
    from astronomical.services.proxy import read_proxy
    from astronomical.setup.class_types import class_of_types, read_types, write_types
    from astronomical.setup.known_classes import find_classes, read_positions, write_known_classes

    if (arguments.ra is None) != (arguments.dec is None):
        raise InvalidInputError("Give both --ra and --dec, or neither.")
    catalogues = class_catalogues(arguments.catalogues)
    target, types_file = _outputs_of_classes(arguments)
    given = {} if arguments.types is None else read_types(arguments.types)
    with naming_header_options():
        positions = read_positions(
            arguments.catalogue,
            format=arguments.format,
            table=table_choice(arguments.table),
            position=None if arguments.ra is None else (arguments.ra, arguments.dec),
            unit=arguments.ra_unit,
            id_column=arguments.id,
        )
    service = XMatch(arguments.service or xmatch_address(), allow_private=arguments.allow_private, proxy=read_proxy())
    try:
        found = find_classes(
            service,
            positions,
            catalogues,
            arguments.radius,
            progress=lambda text: print(one_line(text), file=sys.stderr),
        )
    finally:
        service.close()
    classes = class_of_types(found.counts, arguments.classes, given)
    made = write_known_classes(target, positions, found, classes, overwrite=arguments.overwrite)
    if types_file is not None:
        write_types(types_file, classes, overwrite=arguments.overwrite)
    print(one_line(f"{target}: {made.summary}"))
    without = [
        f"{catalogue} {type_} ({n:,})"
        for (catalogue, type_), n in found.counts.items()
        if not classes[catalogue, type_]
    ]
    if without:
        print(one_line(f"Types without a class: {', '.join(without[:_SHOWN])}{', …' if len(without) > _SHOWN else ''}"))
    return DONE


def _outputs_of_classes(arguments: argparse.Namespace) -> tuple[Path, Path | None]:
    """Return the files to write, after a check."""
    from astronomical.session.project.outputs import Input, check_output

    inputs = [Input("the catalogue", arguments.catalogue)]
    if arguments.types is not None:
        inputs.append(Input("the table of types that is read", arguments.types))
    target = _parquet(check_output(arguments.output, inputs, overwrite=arguments.overwrite))
    if arguments.write_types is None:
        return target, None
    inputs.append(Input("the other file to write", target))
    return target, check_output(arguments.write_types, inputs, overwrite=arguments.overwrite)


def _parquet(path: Path) -> Path:
    """Return a path that ends in .parquet."""
    if path.suffix.lower() not in (".parquet", ".pq"):
        raise InvalidInputError(f"{path.name}: the name of a table from an archive must end in .parquet.")
    return path
