"""`kg publish`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from kg.cli.shared import Session
from kg.project import at_url
from kg.publish import Published, publish


@click.command("publish")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--url",
    metavar="URL",
    help="Where the site will be read.",
    show_default="`url` in the configuration, or the base",
)
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
@click.pass_context
def command(ctx: click.Context, folder: Path, url: str | None, as_json: bool) -> None:
    """Write the current release as a static site into a folder, for any host.

    Every page with its data beside it, the downloads, the answers of the stock queries, and what
    hosts need to know. The folder is replaced as a whole, and only if every link leads somewhere;
    files that stay the same keep their times. It must be empty, or a site published before.

    \\b
    kg publish site
    kg publish --url https://example.org/minerals/ site
    """
    session = Session.of(ctx)
    project = session.project if url is None else at_url(session.project, url)
    with session.progress() as progress:
        published = publish(project, folder, progress)
    for warning in published.warnings:
        session.say(f"warning: {warning}")
    session.say(format_published(published))
    if as_json:
        click.echo(json.dumps(asdict(published), indent=2))


def format_published(published: Published) -> str:
    """What a publication did, in a line.

    >>> format_published(Published("0f", 3, 20, 18, 1, 4096, 0.12))
    '3 pages in 20 files (2 written, 18 unchanged, 1 removed), 4.0 KiB, 0.1 s'
    """
    written = published.files - published.unchanged
    size = published.bytes / 1024
    amount = f"{size:.1f} KiB" if size < 1024 else f"{size / 1024:.1f} MiB"
    return (
        f"{published.pages} pages in {published.files} files ({written} written, "
        f"{published.unchanged} unchanged, {published.removed} removed), {amount}, "
        f"{published.seconds:.1f} s"
    )
