"""Options that several sub-commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StateDirOption = Annotated[
    Path,
    typer.Option("--state-dir", help="Folder with the data, logs and secrets of the stack."),
]
