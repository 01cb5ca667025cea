"""`kg serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kg.cli.shared import Session
from kg.project import Project, at_url, load_project
from kg.serve.protocol import ConnectionLimits
from kg.serve.server import ServeSettings, serve
from kg.serve.workers import PoolLimits

_DEFAULTS = ServeSettings()
_LIMITS = PoolLimits()
_CONNECTIONS = ConnectionLimits()


@click.command("serve")
@click.option("--host", default=_DEFAULTS.host, show_default=True,
              help="The address to listen at; 0.0.0.0 is every one of this machine.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=_DEFAULTS.port, show_default=True,
              help="The port to listen at; 0 takes one that is free.")  # fmt: skip
@click.option(
    "--see-other/--direct",
    default=True,
    show_default="see-other",
    help="Send who asks for a thing on to its page (303), or answer at once (200).",
)
@click.option("--url", metavar="URL", help="Where the site is published, if not where configured.")
@click.option("--root-path", metavar="PATH",
              help="The path below which a proxy has the site, if it strips none.")  # fmt: skip
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              show_default="standard error", help="Where the access log goes.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 256), default=_LIMITS.workers,
              show_default="one for each processor", metavar="N",
              help="How many queries may run at once.")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(min=0.1), default=_LIMITS.seconds,
              show_default=True, metavar="SECONDS",
              help="Stop a query that takes longer.")  # fmt: skip
@click.option("--memory", type=click.IntRange(min=256), default=_LIMITS.memory,
              show_default=True, metavar="MIB", help="Stop a query that needs more.")  # fmt: skip
@click.option("--max-result", type=click.IntRange(min=1), default=_LIMITS.bytes >> 20,
              show_default=True, metavar="MIB",
              help="Stop a query whose answer is larger.")  # fmt: skip
@click.option("--queue", type=click.IntRange(min=0), default=_LIMITS.queue, show_default=True,
              metavar="N", help="How many queries may wait for their turn.")  # fmt: skip
@click.option("--connections", type=click.IntRange(min=10), show_default=True, metavar="N",
              default=_CONNECTIONS.connections,
              help="How many clients may be connected at once.")  # fmt: skip
@click.option("--patience", type=click.FloatRange(min=0.1), show_default=True, metavar="SECONDS",
              default=_CONNECTIONS.patience,
              help="How long a client may take to say what it wants.")  # fmt: skip
@click.option("--allow-service", multiple=True, metavar="URL",
              help="Let queries ask this endpoint (SERVICE); may be repeated.")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Serve the current release over HTTP: pages, data, and SPARQL at /sparql.

    Nothing can be changed through it. A new build is picked up as soon as it is there, and no
    request notices. Ctrl-C or SIGTERM ends it when the requests in work are answered.

    \b
    kg serve
    kg serve --host 0.0.0.0 --port 80 --log access.log
    curl -H 'Accept: text/turtle' http://127.0.0.1:8000/mineral/magnesium
    """
    session = Session.of(ctx)

    def load() -> Project:
        project = load_project(session.project.root)
        return at_url(project, options["url"]) if options["url"] else project

    settings = ServeSettings(
        host=options["host"],
        port=options["port"],
        direct=not options["see_other"],
        root_path=options["root_path"],
        services=options["allow_service"],
        log=options["log"],
        quiet=session.quiet,
        limits=PoolLimits(
            workers=options["workers"],
            seconds=options["timeout"],
            memory=options["memory"],
            bytes=options["max_result"] << 20,
            queue=options["queue"],
        ),
        connections=ConnectionLimits(options["connections"], options["patience"]),
    )
    serve(load, settings, session.say)
