"""Typed, versioned records; one module a subject. Nothing here does I/O."""

from improve.records.analysis import Analysis
from improve.records.base import Artifact, Record
from improve.records.evidence import (
    Annotation,
    CiJob,
    CiRun,
    Distilled,
    Evidence,
    Failure,
    Frame,
    JunitFile,
    LogFile,
    LoggedEnvironment,
)
from improve.records.fix import Attempt, Fix, Proof, RootCause, SuiteComparison
from improve.records.known import Known
from improve.records.order import OrderDependence, SharedState
from improve.records.publication import Developer, Publication, ReportFacts
from improve.records.rates import Comparison, Confidence, Rate
from improve.records.reproduction import FrozenFile, Reproduction, TargetEnvironment
from improve.records.request import Limits, Request, ValidatedRequest
from improve.records.runs import CheckRun
from improve.records.stress import Stressed
from improve.records.usage import Spending, Usage
from improve.records.verdict import Verdict

ARTIFACTS: tuple[type[Artifact], ...] = (
    ValidatedRequest,
    Evidence,
    Known,
    Reproduction,
    Stressed,
    Fix,
    Publication,
    ReportFacts,
    Analysis,
)

__all__ = [
    "ARTIFACTS",
    "Analysis",
    "Annotation",
    "Artifact",
    "Attempt",
    "CheckRun",
    "CiJob",
    "CiRun",
    "Comparison",
    "Confidence",
    "Developer",
    "Distilled",
    "Evidence",
    "Failure",
    "Fix",
    "Frame",
    "FrozenFile",
    "JunitFile",
    "Known",
    "Limits",
    "LogFile",
    "LoggedEnvironment",
    "OrderDependence",
    "Proof",
    "Publication",
    "Rate",
    "Record",
    "ReportFacts",
    "Reproduction",
    "Request",
    "RootCause",
    "SharedState",
    "Spending",
    "Stressed",
    "SuiteComparison",
    "TargetEnvironment",
    "Usage",
    "ValidatedRequest",
    "Verdict",
]
