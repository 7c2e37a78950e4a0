"""Commands as convmark has them: help in a fixed order, options in groups, mistakes explained, and an end with a status.

`adopted` makes such a command of an ordinary one of click, so the modules of the commands know nothing of it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from autograder.instructor.commands import guide, mistakes, output, statuses
from autograder.safe import printable

SANDBOX, SHOWN, USUAL, SELDOM = "Isolation", "What is printed", "Options", "Seldom needed"
GROUPS = {
    "--isolation": SANDBOX,
    "--no-sandbox": SANDBOX,
    "--scheduler": SANDBOX,
    "--lang": SHOWN,
    "--quiet": SHOWN,
    "--json": SHOWN,
    "--format": SHOWN,
    "--verbose": SHOWN,
    "--help": SHOWN,
    "--version": SHOWN,
    "--repo": SELDOM,
    "--bank": SELDOM,
    "--fresh": SELDOM,
    "--no-similar": SELDOM,
}
ORDER = (USUAL, SELDOM, SANDBOX, SHOWN)
# Defaults that a machine or a course may set once. What is dangerous or is meant for one run is not among them.
VARIABLES = ("--lang", "--jobs", "--data", "--isolation", "--scheduler", "--repo", "--bank", "--form", "--quiet", "--json")
# `export` refuses what does not apply to a system, so a variable for all commands must not give it more.
ONLY = {"export": ("--lang",)}
WIDEST_CHOICES = 65  # characters of choices that fit behind an option
PREFIX = "CONVMARK_"


def group_of(option: click.Option, first: Sequence[str] = ()) -> str:
    """The heading that an option stands under; *first* are those that this command needs often."""
    name = mistakes.name_of(option)
    return USUAL if option.required or name in first else GROUPS.get(name, USUAL)


def grouped(command: click.Command, ctx: click.Context) -> list[tuple[str, list[click.Option]]]:
    """The options of a command by heading, required ones first, else as they are declared."""
    options = [param for param in command.get_params(ctx) if isinstance(param, click.Option) and not param.hidden]
    if isinstance(command, click.Group):
        return [(USUAL, options)]
    first = guide.of(ctx.command_path).first
    found = {title: [one for one in options if group_of(one, first) == title] for title in ORDER}
    order = [*first, *(name for name in GROUPS if name not in first)]

    def rank(one: click.Option) -> tuple[bool, int]:
        name = mistakes.name_of(one)
        return not one.required, order.index(name) if name in first or found[SHOWN].count(one) else len(first)

    return [(title, sorted(some, key=rank)) for title, some in found.items() if some]


def variable(option: str) -> str:
    """The variable of the environment that sets the default of an option."""
    return PREFIX + option.removeprefix("--").upper()


def variables(command: click.Command, ctx: click.Context) -> list[str]:
    """The variables of the environment that set defaults of a command, by name."""
    found = [param.envvar for param in command.get_params(ctx) if isinstance(param, click.Option)]
    return sorted(name for name in found if isinstance(name, str))


class _Told:
    """The sections of help that commands and groups share."""

    def sections(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        told = guide.of(ctx.command_path)
        for title, pairs in (("Reads", told.reads), ("Writes", told.writes)):
            if pairs:
                with formatter.section(title):
                    formatter.write_dl(pairs)
        if told.examples:
            with formatter.section("Examples"):
                for line, what in told.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")
                    with formatter.indentation():
                        formatter.write_text(what)

    def options(self, command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, options in grouped(command, ctx):
            records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
            with formatter.section(title):
                formatter.write_dl(records)
        names = variables(command, ctx)
        if names:
            with formatter.section("Defaults from the environment"):
                formatter.write_text(", ".join(names))

    def ending(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        told = guide.of(ctx.command_path)
        if told.next:
            with formatter.section("Next"):
                for line in told.next:
                    formatter.write_text(line)
        if told.status:
            with formatter.section("Exit status"):
                formatter.write_dl([(str(number), text) for number, text in sorted(told.status.items())])


def _name(ctx: click.Context) -> str:
    """The name of a command behind `convmark`."""
    return ctx.command_path.partition(" ")[2] or ctx.command_path


def _explaining(
    command: click.Command, make: Callable[..., click.Context], name: str | None, args: list[str], extra: dict[str, Any]
) -> click.Context:
    """Parse; a mistake is explained, and with `--json` also told as an object."""
    given = list(args)
    try:
        return make(name, args, **extra)
    except click.UsageError as error:
        ctx = error.ctx or click.Context(command, info_name=name, parent=extra.get("parent"))
        found = mistakes.explained(error, ctx, given)
        if isinstance(found, mistakes.Mistake) and "--json" in given and any("--json" in one.opts for one in command.params):
            out = output.Output(json=True, error=found.data())
            out.finish(_name(ctx), statuses.REFUSED)
        raise found from None


class Command(_Told, click.Command):
    """A command that is no group."""

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> Any:
        """Parse *args*; a mistake is explained."""
        return _explaining(self, super().make_context, info_name, args, {"parent": parent, **extra})

    origin: click.Command | None = None

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Usage, what it does, what it reads and writes, examples, options, what comes next, statuses."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.sections(ctx, formatter)
        self.options(self, ctx, formatter)
        (self.origin or click.Command(None)).format_epilog(ctx, formatter)
        self.ending(ctx, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; however it ends, it ends with a status of the table, and with `--json` in an object."""
        out = ctx.meta.setdefault(output.KEY, output.Output())
        status = statuses.ATTENTION
        try:
            value = super().invoke(ctx)
            status = statuses.DONE
        except click.exceptions.Exit as ended:
            status = ended.exit_code
            raise
        except click.UsageError as error:
            status, found = error.exit_code, mistakes.explained(error, ctx, [])
            out.error = found.data() if isinstance(found, mistakes.Mistake) else None
            raise found from None
        except (KeyboardInterrupt, click.Abort):
            status = statuses.INTERRUPTED
            out.warn("Interrupted. Give the same command again.")
            raise click.exceptions.Exit(status) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _system(error, out) from None
        finally:
            out.finish(_name(ctx), status)
        return value


def _system(error: OSError, out: output.Output) -> click.exceptions.Exit:
    """A disk that is full or a file that may not be used is no fault of ours: told without a traceback."""
    where, why = printable(str(error.filename or "a file")), error.strerror or str(error)
    told = mistakes.Mistake(f"{where} cannot be used: {why}.", "", "Look at its permissions and the room on the disk.")
    out.error = told.data() | {"code": "system"}
    told.show()
    return click.exceptions.Exit(statuses.ATTENTION)


class Group(_Told, click.Group):
    """A group of commands: called with nothing it shows its help."""

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> Any:
        """Parse *args*; a mistake is explained."""
        return _explaining(self, super().make_context, info_name, args, {"parent": parent, **extra})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; without arguments, show the help and be content."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()
        return super().parse_args(ctx, args)

    def summaries(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Each command with its first sentence."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        return [(name, command.get_short_help_str(200)) for name, command in found if command and not command.hidden]

    def headings(self, ctx: click.Context) -> Mapping[str, Sequence[str]]:
        """The commands by what they are for."""
        return {"Commands": self.list_commands(ctx)}

    def below(self, ctx: click.Context) -> list[str]:
        """The commands of the groups in this one, as `quiz lint`."""
        return []

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called.

        Raises:
            Mistake: there is none of that name.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing and not name.startswith("-"):
            raise mistakes.no_command(name, ctx, self.list_commands(ctx), self.below(ctx))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Usage, what it is for, commands, examples, options, what comes next, statuses."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        lines = dict(self.summaries(ctx))
        for title, names in self.headings(ctx).items():
            with formatter.section(title):
                formatter.write_dl([(name, lines[name]) for name in names])
        self.sections(ctx, formatter)
        self.options(self, ctx, formatter)
        self.ending(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands and options that begin so."""
        found = [CompletionItem(name, help=text) for name, text in self.summaries(ctx) if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def adopted(command: click.Command) -> click.Command:
    """The same command, and those in it, in the shape of convmark."""
    for param in command.params:
        _prepare(param, ONLY.get(str(command.name), VARIABLES))
    shared: dict[str, Any] = {
        "callback": command.callback,
        "params": command.params,
        "help": command.help,
        "hidden": command.hidden,
        "short_help": command.short_help,
    }
    if isinstance(command, click.Group):
        commands = {name: adopted(one) for name, one in command.commands.items()}
        return Group(command.name, commands=commands, **shared)
    found = Command(command.name, epilog=command.epilog, **shared)
    found.origin = command  # it may have an epilog of its own making
    return found


def _prepare(param: click.Parameter, variables: Sequence[str]) -> None:
    """Give an option its variable of the environment, and a number its short name."""
    if not isinstance(param, click.Option):
        return
    name = mistakes.name_of(param)
    if name in variables and param.envvar is None:
        param.envvar = variable(name)
    if param.metavar is None and isinstance(param.type, click.IntRange):
        param.metavar = "N"
    if param.metavar is None and isinstance(param.type, click.Choice) and len("|".join(param.type.choices)) > WIDEST_CHOICES:
        param.metavar = "NAME"
        param.help = f"{param.help} {', '.join(param.type.choices)}."
