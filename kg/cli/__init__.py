"""The command line: parse, call one function, show the result.

Only this package prints or exits. Commands live in modules that are imported when they are needed,
so that `kg --help` does not wait for a SHACL engine.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Final

import click

from kg import __version__
from kg.errors import KgError, printable

_COMMANDS: Final = {
    "build": ("kg.cli.build", "Build the graph from the fact sheets and make it the current one."),
    "check": ("kg.cli.check", "Check the fact sheets without building."),
    "verify": ("kg.cli.verify", "Check documents and passages against the documents themselves."),
    "validate": ("kg.cli.validate", "Validate RDF files of any origin against the shapes."),
    "query": ("kg.cli.query", "Run a stock query, or one of your own."),
    "show": ("kg.cli.show", "Show all that is known of one thing."),
    "diff": ("kg.cli.diff", "Show what changed from one version of the data to another."),
    "export": ("kg.cli.export", "Write the graph in a standard format."),
    "serve": ("kg.cli.serve", "Serve pages, data and SPARQL over HTTP."),
    "publish": ("kg.cli.publish", "Write the current release as a static site into a folder."),
}


class _Commands(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            # Nobody takes the output any more; keep Python from complaining when it flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if error.errno == errno.EPIPE:  # the reader (`head`, a pager) has gone
                raise click.exceptions.Exit(141) from None
            raise KgError(f"the output cannot be written: {error.strerror}") from error
        except MemoryError as error:
            raise KgError("there is not enough memory for this; nothing was changed") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kg")
@click.option(
    "-C",
    "--project",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The project's folder, or one inside it.",
    show_default="this folder",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on standard error but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Name every stage on standard error.")
@click.pass_context
def group(ctx: click.Context, project: Path, quiet: bool, verbose: bool) -> None:
    """Turn reviewed facts about documents into a graph to trust, query, cite and download.

    Data goes to standard output, everything else to standard error. Exit status: 0 good,
    1 the data does not conform, 2 wrong usage or configuration.
    """
    ctx.obj = (project, quiet, verbose)


def main() -> None:
    """Run the command line; what a user can mend is told in words, never as a traceback."""
    # Of what a build makes, hardly anything is garbage; looking for it takes a fifth of the time.
    gc.set_threshold(100_000, 20, 20)
    # As Ctrl-C does: what was begun is cleared away.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    try:
        # Commands return nothing; what comes back is the status that one of them chose to end with.
        sys.exit(group.main(prog_name="kg", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except KgError as error:
        words = "\n".join(printable(line) for line in str(error).splitlines())
        click.echo(f"kg: {words}", err=True)
        sys.exit(error.exit_code)
