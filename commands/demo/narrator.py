"""Tells on the terminal what happens."""

from contextlib import suppress

from rich.console import Console
from rich.text import Text

from commands.demo.blogs import Addresses
from commands.demo.steps import StepFailed

LABEL_WIDTH = 22


class _Output(Console):
    def on_broken_pipe(self) -> None:
        """Go on in silence where rich would exit: who listens no more may still want the exit code."""
        with suppress(SystemExit):
            super().on_broken_pipe()


class Narrator:
    """Writes the steps to standard output as they happen, and a failure to standard error."""

    def __init__(self) -> None:
        self._out = _Output(highlight=False, soft_wrap=True)
        self._err = _Output(highlight=False, soft_wrap=True, stderr=True)

    def begin(self, heading: str) -> None:
        """Open a part of the story."""
        self._out.print()
        self._out.print(Text(heading, "bold"))

    def tell(self, what: str, detail: str = "") -> None:
        """Tell that something has happened."""
        self._out.print(Text.assemble(("  ✓ ", "green"), f"{what:<{LABEL_WIDTH}} ", (detail, "dim")))

    def leave_open(self, addresses: Addresses) -> None:
        """Say where everything can be looked at while the demo goes on."""
        self.begin("Have a look")
        for what, url in (("post", addresses.post), ("feed", addresses.feed), ("embed", addresses.embed)):
            self._out.print(Text.assemble("    ", f"{what:<{LABEL_WIDTH}} ", (url, "cyan")))
        self._out.print()
        self._out.print(Text("Ctrl-C ends the demo and leaves nothing behind."))

    def tell_failure(self, failure: StepFailed) -> None:
        """Say which step failed, why, and what the service said last."""
        self._err.print(Text.assemble(("✗ ", "red"), str(failure)))
        lines = getattr(failure, "__notes__", [])
        if lines:
            self._err.print(Text("The last lines of the service's log:"))
        for line in lines:
            self._err.print(Text(f"  {line}", "dim"))
