"""The answers' shapes: they describe the interface (OpenAPI), and the tests hold answers to them.

Answers themselves are built by the views, which are faster.
"""

from monitor.web.models.breaker import (
    BreakerModel,
    EvidenceModel,
    GroundsModel,
    MoveModel,
    MovesModel,
    SampleModel,
)
from monitor.web.models.budget import BudgetModel, BudgetsModel
from monitor.web.models.contract import (
    ContractModel,
    EndpointFiguresModel,
    FiguresModel,
    RegionFiguresModel,
    RunModel,
)
from monitor.web.models.credential import CredentialModel, CredentialsModel
from monitor.web.models.maintenance import (
    AnnouncementModel,
    CalendarModel,
    MaintenanceModel,
    WindowModel,
)
from monitor.web.models.model import Model
from monitor.web.models.own import (
    ComponentModel,
    ErrorModel,
    IndexModel,
    ProblemModel,
    SelfHealthModel,
)
from monitor.web.models.past import (
    BucketModel,
    EventModel,
    HistoryModel,
    IncidentModel,
    IncidentsModel,
    LatencyModel,
    TimelineModel,
    ToldModel,
    WholeIncidentModel,
)
from monitor.web.models.present import (
    EndpointModel,
    EndpointsModel,
    LastModel,
    PhasesModel,
    ServiceModel,
    ShortIncidentModel,
    SignalsModel,
    StatusModel,
    VerdictModel,
    VerdictsModel,
)
from monitor.web.models.report import TakenModel
from monitor.web.models.silence import SilenceModel, SilencesModel, SilencingModel

__all__ = [
    "AnnouncementModel",
    "BreakerModel",
    "BucketModel",
    "BudgetModel",
    "BudgetsModel",
    "CalendarModel",
    "ComponentModel",
    "ContractModel",
    "CredentialModel",
    "CredentialsModel",
    "EndpointFiguresModel",
    "EndpointModel",
    "EndpointsModel",
    "ErrorModel",
    "EventModel",
    "EvidenceModel",
    "FiguresModel",
    "GroundsModel",
    "HistoryModel",
    "IncidentModel",
    "IncidentsModel",
    "IndexModel",
    "LastModel",
    "LatencyModel",
    "MaintenanceModel",
    "Model",
    "MoveModel",
    "MovesModel",
    "PhasesModel",
    "ProblemModel",
    "RegionFiguresModel",
    "RunModel",
    "SampleModel",
    "SelfHealthModel",
    "ServiceModel",
    "ShortIncidentModel",
    "SignalsModel",
    "SilenceModel",
    "SilencesModel",
    "SilencingModel",
    "StatusModel",
    "TakenModel",
    "TimelineModel",
    "ToldModel",
    "VerdictModel",
    "VerdictsModel",
    "WholeIncidentModel",
    "WindowModel",
]
