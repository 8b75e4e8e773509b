"""Where the archive keeps what: one folder per job.

| path | holds |
|---|---|
| `jobs/<job id>/record.json` | the record, written when the job closes |
| `jobs/<job id>/attempts/<n>/request.json` | the parameters that attempt n was created with |
| `jobs/<job id>/attempts/<n>/response.json` | the response body of attempt n, byte for byte |
| `jobs/<job id>/attempts/<n>/evidence.json` | the evidence index of attempt n |
| `jobs/<job id>/strays/<response id>.json` | the body of a response that the job did not go on with |
| `jobs/<job id>/strays/<response id>.evidence.json` | the evidence index of such a response |
| `jobs/<job id>/deliverables/<sha256>.json` | a deliverable, named by its own digest |
"""


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
