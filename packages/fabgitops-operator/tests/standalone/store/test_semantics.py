"""What requests do to objects, compared with what a real API server answered (`semantics_cases`)."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.control.kinds import KINDS

from fabgitops_operator.standalone.resources import Resource, of_kind
from fabgitops_operator.standalone.store import Actor, How, Objects, Outcome, RefusedError, Store, Wanted

from semantics_cases import CASES, Ask, Body
from .semantics_told import Told
