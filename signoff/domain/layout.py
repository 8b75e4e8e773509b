"""Where the archive keeps what: one folder per job, and the index of closed jobs by the day they closed on.

| path | holds |
|---|---|
| `jobs/<job id>/record.json` | the record, written when the job closes |
| `jobs/<job id>/attempts/<n>/request.json` | the parameters that attempt n was created with |
| `jobs/<job id>/attempts/<n>/response.json` | the response body of attempt n, byte for byte |
| `jobs/<job id>/attempts/<n>/evidence.json` | the evidence index of attempt n |
| `jobs/<job id>/strays/<response id>.json` | the body of a response that the job did not go on with |
| `jobs/<job id>/strays/<response id>.evidence.json` | the evidence index of such a response |
| `jobs/<job id>/deliverables/<sha256>.json` | a deliverable, named by its own digest |
| `jobs/<job id>/erased.json` | the tombstone of a job whose content was erased |
| `jobs/<job id>/payloads/<sha256>` | a payload that is too large for the job's history, as Temporal would hold it |
| `closed/entries/<day>/<job id>.<sha256>.json` | what a list shows of a closed job, until its day is compacted |
| `closed/days/<day>/<sha256>.jsonl.gz` | the same for the jobs of a whole day, one line each |
"""

from typing import Final

JOBS: Final = "jobs"
"""The folder that has one folder per job."""
ENTRIES: Final = "closed/entries"
DAYS: Final = "closed/days"


def job_of(path: str) -> str | None:
    """Say which job an object is of; `None` for one that lies in no job's folder."""
    top, _, rest = path.partition("/")
    job_id, slash, _ = rest.partition("/")
    return job_id if top == JOBS and slash else None


def job_folder(job_id: str) -> str:
    """Say which folder is all of a job's."""
    return f"{JOBS}/{job_id}"


def record_path(job_id: str) -> str:
    """Say where the record of a job lies."""
    return f"jobs/{job_id}/record.json"


def request_path(job_id: str, attempt: int) -> str:
    """Say where the parameters of an attempt lie."""
    return f"jobs/{job_id}/attempts/{attempt}/request.json"


def stray_path(job_id: str, response_id: str) -> str:
    """Say where the body of a stray lies."""
    return f"jobs/{job_id}/strays/{response_id}.json"


def body_path(job_id: str, attempt: int) -> str:
    """Say where the response body of an attempt lies."""
    return f"jobs/{job_id}/attempts/{attempt}/response.json"


def evidence_path(job_id: str, attempt: int) -> str:
    """Say where the evidence index of an attempt lies."""
    return f"jobs/{job_id}/attempts/{attempt}/evidence.json"


def stray_evidence_path(job_id: str, response_id: str) -> str:
    """Say where the evidence index of a stray lies."""
    return f"jobs/{job_id}/strays/{response_id}.evidence.json"


def deliverable_path(job_id: str, digest: str) -> str:
    """Say where a deliverable lies."""
    return f"jobs/{job_id}/deliverables/{digest.removeprefix('sha256:')}.json"


def erased_path(job_id: str) -> str:
    """Say where the tombstone of a job lies."""
    return f"jobs/{job_id}/erased.json"


def payload_path(job_id: str, digest: str) -> str:
    """Say where a payload of a job's history lies, by the hex digits of its digest."""
    return f"jobs/{job_id}/payloads/{digest}"


def is_payload(path: str) -> bool:
    """Whether an object is a payload of a job's history, which comes here encrypted if at all."""
    return job_of(path) is not None and path.split("/")[2:3] == ["payloads"]


def entry_path(day: str, job_id: str, digest: str) -> str:
    """Say where the index entry of a closed job lies; another content lies elsewhere."""
    return f"{ENTRIES}/{day}/{job_id}.{digest.removeprefix('sha256:')}.json"


def listed_job(path: str) -> str | None:
    """Say of which job an index entry is; `None` for everything else."""
    if not path.startswith(f"{ENTRIES}/"):
        return None
    name, _, _ = path.rpartition("/")[2].removesuffix(".json").rpartition(".")
    return name or None


def segment_path(day: str, digest: str) -> str:
    """Say where the compacted entries of a day lie; another content lies elsewhere."""
    return f"{DAYS}/{day}/{digest.removeprefix('sha256:')}.jsonl.gz"
