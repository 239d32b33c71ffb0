"""Who may what, over the wire: every method, asked by every kind of caller about rows in every
state. MATRIX has a line a method; a method without one fails the test, so whoever adds a method
says here whose it is.

Three things are compared with the rules (rules.py):
- the status;
- of reads, exactly which planted rows come back;
- and in every answer, errors too, that no word of a row stands there that the caller may not read.
What is asked about another team's client gets the very answer that is given for one that nobody
has. Writes run with validate_only, so the network stays as it was planted.
"""

import concurrent.futures
import datetime
import re
import unittest
import uuid

import canvass_test
import grpc
import network
import rules
from network import CAMDEN, LAMBETH

ALL = {"specialist", "lead", "administrator", "auditor"}
REGISTRY = {"specialist", "lead", "administrator"}
FIELD = rules.FIELD
ADMIN = {"administrator"}
FIGURES = FIELD | {"auditor"}
QUARTER = {"from": {"year": 2026, "month": 1, "day": 1}, "until": {"year": 2026, "month": 3, "day": 31}}
OK, NOT_FOUND, DENIED, FAILED, INVALID, EXISTS = (
    "OK", "NOT_FOUND", "PERMISSION_DENIED", "FAILED_PRECONDITION", "INVALID_ARGUMENT",
    "ALREADY_EXISTS")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


class Line:
    """What a method is asked about (kind: a kind of planted rows; only: names of some of them), how
    (body, of the row's id), who may (roles), what is answered (status, of world, who, row; row None
    is one that does not exist), and which rows come back (shows: kind -> of world, who, row, asked)."""

    def __init__(self, roles, body=None, kind=None, status=None, only=None, unknown=NOT_FOUND,
                 shows=None):
        self.roles, self.kind, self.only, self.unknown = roles, kind, only, unknown
        self.body = body or (lambda id_: {})
        self.status = status or (lambda w, p, row: OK)
        self.shows = shows or {}


# ---- statuses, in the words of the methods' comments ----

def of_team(w, p, row):
    return OK if rules.may_see(w, p, "client", row) else NOT_FOUND


def live_client(w, p, row):
    if of_team(w, p, row) != OK:
        return NOT_FOUND
    return FAILED if row["status"] == "discharged" else OK


def live_job(w, p, row):
    return live_client(w, p, w["client"][row["client_id"]])


def ends_support(w, p, row):
    """Not of somebody who is on a trial."""
    on_trial = any(t["client_id"] == row["id"] and t["status"] == "running"
                   for t in w["trial"].values())
    return FAILED if of_team(w, p, row) == OK and on_trial else live_client(w, p, row)


def erases(w, p, row):
    return OK if of_team(w, p, row) == OK and row["status"] == "discharged" \
        else ends_support(w, p, row)


def agreed_there(w, p, row):
    """What the client agreed for the employer "plain"."""
    stands = any(d["client_id"] == row["id"] for d in w["standing_disclosure"].values())
    return FAILED if of_team(w, p, row) == OK and not stands else of_team(w, p, row)


def trial_in(*states):
    """A trial of the own team, in one of these states."""
    return lambda w, p, row: NOT_FOUND if not rules.may_see(w, p, "trial", row) \
        else OK if row["status"] in states else FAILED


def tried_at(w, p, row):
    """An opening that a client of the first team may have a trial at."""
    return open_opening(w, p, row) if p["team"] == network_ids["L1 team"] else NOT_FOUND


def seen(table):
    return lambda w, p, row: OK if rules.may_see(w, p, table, row) else NOT_FOUND


def own_opening(w, p, row):
    if not rules.sees_opening(p, row):
        return NOT_FOUND
    return OK if row["borough_id"] == p["borough"] else DENIED


def live_own_opening(w, p, row):
    status = own_opening(w, p, row)
    return FAILED if status == OK and row["closed_at"] else status


def open_opening(w, p, row):
    return NOT_FOUND if not rules.sees_opening(p, row) else FAILED if row["closed_at"] else OK


def is_blocked(w, row):
    return any(b["employer_id"] == row["employer_id"] and not b["lifted_at"]
               for b in w["employer_block"].values())


def opens(w, p, row):
    if row["objected_on"]:
        return FAILED
    if not rules.may_open(w, p, row):
        return DENIED
    return FAILED if is_blocked(w, row) else OK


def asks_for(w, p, row):
    if row["objected_on"] or rules.may_open(w, p, row) and row["borough_id"] != p["borough"]:
        return FAILED
    if is_blocked(w, row):
        return FAILED
    if row["borough_id"] == p["borough"]:
        return INVALID
    asked = any(r["contact_id"] == row["id"] and r["asked_by"] == p["id"] and not r["answered_at"]
                for r in w["contact_request"].values())
    return EXISTS if asked else OK


def shares(w, p, row):
    if not rules.of_borough(p, row):
        return NOT_FOUND
    if not rules.leads(w, p, row["employer_id"]):
        return DENIED
    return FAILED if row["objected_on"] or is_blocked(w, row) else OK


def withdraws(w, p, row):
    if not rules.of_borough(p, row):
        return NOT_FOUND
    if row["withdrawn_at"]:
        return FAILED
    return OK if rules.may_change(w, p, "contact_share", row) else DENIED


def answers(w, p, row):
    if row["owner_id"] != p["borough"]:
        return NOT_FOUND
    if row["answered_at"]:
        return FAILED
    return OK if rules.may_change(w, p, "contact_request", row) else DENIED


def own_lesson(w, p, row):
    if not rules.may_see(w, p, "lesson", row):
        return NOT_FOUND
    if row["specialist_id"] != p["id"]:
        return DENIED
    return FAILED if row["withdrawn_at"] else OK


def marks(w, p, row):
    return NOT_FOUND if row["withdrawn_at"] else FAILED if row["specialist_id"] == p["id"] else OK


def sees_week(w, p, row):
    if not rules.is_lead(p):
        return OK if row["id"] == p["id"] else DENIED
    return OK if row["team_id"] == p["team"] else NOT_FOUND


def reads_figures(w, p, row):
    """Of one specialist: a lead's team, a specialist's own; an auditor takes nobody out."""
    if rules.is_lead(p):
        return OK if row and row["team_id"] == p["team"] else NOT_FOUND
    if "specialist" in p["roles"]:
        return OK if row and row["id"] == p["id"] else DENIED
    return INVALID


def of_own_team(w, p, row):
    """A visit to put right, a plan to cancel: one's own, and a lead's the team's."""
    if not rules.of_borough(p, row):
        return NOT_FOUND
    own = row["specialist_id"] == p["id"] or rules.is_lead(p)
    return OK if row["team_id"] == p["team"] and own else DENIED


def sets_cool_off(w, p, row):
    return OK if rules.leads(w, p, row["id"]) else DENIED


def lifts(w, p, row):
    block = [b for b in w["employer_block"].values() if b["employer_id"] == row["id"]]
    if not block:
        return FAILED
    return OK if rules.may_change(w, p, "employer_block", block[0]) else DENIED


def takes_back(w, p, row):
    """One's own requests, and a lead those of the team, if nothing depends on the client it made."""
    doer = w["specialist"][row["actor"]]
    mine = doer["id"] == p["id"] or rules.is_lead(p) and doer["team_id"] == p["team"]
    if not mine:
        return NOT_FOUND
    followed = any(w["client"][l["client_id"]]["specialist_id"] == doer["id"]
                   for table in ("visit_client", "job") for l in w[table].values())
    return FAILED if followed else OK


def adds_person(w, p, row):
    return OK if rules.is_admin(p) or row["id"] == p["team"] else DENIED


def makes_token(w, p, row):
    if rules.is_admin(p):
        return OK if row["active"] else NOT_FOUND
    return OK if row["id"] == p["id"] else DENIED


def makes_client(w, p, row):
    return EXISTS if rules.may_see(w, p, "client", row) else OK


# ---- rows that come back ----

def that(table=None):
    """The row that was asked about, if the caller may see it."""
    return lambda w, p, row, asked: row is asked and (
        table is None or rules.may_see(w, p, table, row))


def all_of(table, also=lambda w, p, row, asked: True):
    return lambda w, p, row, asked: rules.may_see(w, p, table, row) and also(w, p, row, asked)


def of_asked(table):
    return all_of(table, lambda w, p, row, asked: asked and row["employer_id"] == asked["id"])


def id_of(*path, **more):
    """A body with the id under this path, and more."""
    def make(id_):
        body = id_ if path else {}
        for name in reversed(path):
            body = {name: body}
        for name, value in more.items():
            if isinstance(value, dict) and isinstance(body.get(name), dict):
                value = {**value, **body[name]}
            body[name] = value
        return body
    return make


CHECK = {"validate_only": True}
SOON = "2099-01-01T10:00:00Z"
A, CA, C, D, E, H, J, LE, M, O, R, S, SU, T, TR, V = (
    name + "Service/" for name in ("Account", "Calendar", "Client", "Disclosure", "Employer",
                                   "History", "Job", "Lesson", "Match", "Opening", "Reference",
                                   "Share", "Support", "Today", "Trial", "Visit"))


def date_of(days):
    day = datetime.date.fromisoformat(network.Writer(0).day(days))
    return {"year": day.year, "month": day.month, "day": day.day}

MATRIX = {
    A + "WhoAmI": Line(ALL, shows={"specialist": lambda w, p, row, asked: row["id"] == p["id"]}),
    A + "ListBoroughs": Line(ALL),
    A + "ListTeams": Line(ALL),
    A + "CreateTeam": Line(ADMIN, id_of(team={"borough_id": LAMBETH, "name": "New"}, **CHECK)),
    A + "ListSpecialists": Line(ALL, id_of(page_size=100), shows={"specialist": all_of("specialist")}),
    A + "CreateSpecialist": Line(
        ADMIN | {"lead"}, id_of("specialist", "team_id", **CHECK, specialist={
            "name": "New", "email": "new@net.example", "roles": ["ROLE_SPECIALIST"]}),
        "team", adds_person, unknown=FAILED),
    A + "IssueToken": Line(ALL, id_of("specialist_id", label="new", **CHECK), "specialist",
                           makes_token, unknown=lambda p: NOT_FOUND if rules.is_admin(p) else DENIED),
    A + "RegisterCertificate": Line(ADMIN, id_of("specialist_id", label="x", certificate="eA==",
                                                 **CHECK), "specialist",
                                    lambda w, p, row: INVALID, unknown=INVALID),
    A + "ListTokens": Line(ALL, id_of("specialist_id"), "specialist", unknown=OK,
                           shows={"token": all_of("token", lambda w, p, row, asked:
                                                  asked and row["specialist_id"] == asked["id"])}),
    A + "RevokeToken": Line(ALL, id_of("token_id", **CHECK), "token", seen("token")),

    CA + "ListEvents": Line(FIELD),
    CA + "CreateFeed": Line(FIELD, id_of(label="phone", **CHECK)),
    CA + "ListFeeds": Line(FIELD),
    # A token that calls every method is no address of a calendar, not even to its holder.
    CA + "RevokeFeed": Line(FIELD, id_of("feed_id", **CHECK), "token", lambda w, p, row: NOT_FOUND),

    C + "CreateClient": Line(FIELD, id_of("client", "id", client={"ref": "NEW-1"}, **CHECK), "client",
                             makes_client, unknown=OK),
    C + "GetClient": Line(FIELD, id_of("client_id"), "client", of_team,
                          shows={"client": that("client")}),
    C + "ListClients": Line(FIELD, id_of(discharged=True, page_size=100),
                            shows={"client": all_of("client")}),
    C + "UpdateClient": Line(FIELD, id_of("client", "id", update_mask="initials", **CHECK,
                                          client={"initials": "CD"}), "client", live_client),
    C + "SetWishes": Line(FIELD, id_of("client_id", wishes={}, **CHECK), "client", live_client),
    C + "SetConstraints": Line(FIELD, id_of("client_id", constraints={}, **CHECK), "client",
                               live_client),
    C + "SetUnavailable": Line(FIELD, id_of("client_id", **CHECK), "client", live_client),
    C + "PauseClient": Line(FIELD, id_of("client_id", until={"year": 2026, "month": 1, "day": 1},
                                         **CHECK), "client",
                            lambda w, p, row: {OK: INVALID}.get(live_client(w, p, row),
                                                                live_client(w, p, row))),
    C + "ResumeClient": Line(FIELD, id_of("client_id", **CHECK), "client",
                             lambda w, p, row: {OK: FAILED}.get(live_client(w, p, row),
                                                                live_client(w, p, row))),
    C + "DischargeClient": Line(FIELD, id_of("client_id", reason="DISCHARGE_REASON_MOVED", **CHECK),
                                "client", ends_support),

    D + "SetDisclosure": Line(FIELD, lambda id_: {"disclosure": {
        "client_id": id_, "employer_id": network_ids["plain"], "level": "DISCLOSURE_LEVEL_NOTHING"},
        **CHECK}, "client", live_client),
    D + "WithdrawDisclosure": Line(FIELD, lambda id_: {
        "client_id": id_, "employer_id": network_ids["plain"], **CHECK}, "client", agreed_there),
    D + "GetCard": Line(FIELD, lambda id_: {"client_id": id_, "employer_id": network_ids["plain"]},
                        "client", of_team, shows={"client": that("client")}),
    D + "ListDisclosures": Line(
        FIELD, id_of("client_id", ended=True), "client", of_team,
        shows={"disclosure": lambda w, p, row, asked: asked and row["client_id"] == asked["id"]}),

    E + "CreateEmployer": Line(FIELD, id_of(employer={"name": "Another"}, **CHECK)),
    E + "GetEmployer": Line(REGISTRY, id_of("employer_id"), "employer"),
    E + "UpdateEmployer": Line(FIELD, id_of("employer", "id", update_mask="phone", **CHECK,
                                            employer={"phone": "020 7946 0001"}), "employer"),
    E + "MergeEmployers": Line(FIELD, lambda id_: {"keep_id": id_, "merge_id": network_ids["plain"],
                                                   **CHECK}, "employer", only=["kept"]),
    E + "SearchEmployers": Line(REGISTRY, id_of(query="planted", page_size=100),
                                shows={"employer": all_of("employer")}),
    E + "FindSimilar": Line(REGISTRY, id_of(employer={"name": "Planted plain"})),
    E + "ListDuplicates": Line(REGISTRY),
    E + "DismissDuplicate": Line(REGISTRY, lambda id_: {
        "employer_id": id_, "other_employer_id": network_ids["plain"], **CHECK}, "employer",
        only=["kept"]),
    E + "ListSites": Line(REGISTRY, id_of("employer_id"), "employer", unknown=OK, only=["plain"],
                          shows={"site": of_asked("site")}),
    E + "AddSite": Line(FIELD, id_of("site", "employer_id", even_if_similar=True, **CHECK),
                        "employer"),
    E + "UpdateSite": Line(FIELD, id_of("site", "id", update_mask="name", site={"name": "x"},
                                        **CHECK), "site"),
    # Of other boroughs' contacts: that they are there, by id and job, without a name.
    E + "ListContacts": Line(FIELD, id_of("employer_id"), "employer", unknown=OK,
                             shows={"contact": lambda w, p, row, asked:
                                    asked and row["employer_id"] == asked["id"]}),
    E + "AddContact": Line(FIELD, id_of("contact", "employer_id", **CHECK, contact={
        "name": "New", "source": "met", "basis": "LAWFUL_BASIS_CONSENT"}), "employer"),
    E + "UpdateContact": Line(FIELD, id_of("contact", "id", update_mask="job", contact={"job": "x"},
                                           **CHECK), "contact", seen("contact")),
    E + "GetRelationship": Line(FIELD, id_of("employer_id"), "employer"),
    E + "UpdateRelationship": Line(FIELD, id_of("relationship", "employer_id", update_mask="nextStep",
                                                relationship={"next_step": "x"}, **CHECK),
                                   "employer"),
    E + "BlockEmployer": Line(FIELD, id_of("employer_id", reason="asked", **CHECK), "employer",
                              lambda w, p, row: FAILED if row["blocked_on"] else OK,
                              only=["plain", "blocked"]),
    E + "UnblockEmployer": Line(FIELD, id_of("employer_id", reason="again", **CHECK), "employer",
                                lifts, only=["plain", "blocked"]),
    E + "SetCoolOff": Line(FIELD, id_of("employer_id", days=5, reason="x", **CHECK), "employer",
                           sets_cool_off, only=["plain", "blocked"]),
    E + "ListTimeline": Line(
        FIELD, id_of("employer_id", page_size=100), "employer", only=["plain"],
        shows={"visit": of_asked("visit"), "opening": of_asked("opening"),
               "contact": all_of("contact", lambda w, p, row, asked: asked and not row["objected_on"]
                                 and row["employer_id"] == asked["id"])}),
    E + "ImportEmployers": Line(REGISTRY, id_of(
        source="mx", rows=[{"ref": "1", "name": "Imported"}], **CHECK)),
    E + "ExportEmployers": Line(REGISTRY, shows={"employer": all_of("employer"),
                                                 "site": all_of("site")}),

    H + "ListHistory": [Line(FIELD, id_of(kind + "_id"), kind, seen(kind)) for kind in
                        ("client", "employer", "site", "contact", "opening", "visit")],
    H + "Undo": Line(REGISTRY, id_of("undo_id", **CHECK), "done", takes_back),

    J + "StartJob": Line(FIELD, lambda id_: {"job": {
        "client_id": id_, "employer_id": network_ids["kept"], "title": "x", "soc": "8214",
        "starts_on": date_of(0), "hours_tenths": 160, "pay_pence_hour": 2000}, **CHECK}, "client",
        live_client),
    J + "UpdateJob": Line(FIELD, id_of("job", "id", update_mask="title", job={"title": "x"}, **CHECK),
                          "job", live_job),
    J + "ChangeTerms": Line(FIELD, id_of("job_id", hours_tenths=100, from_on=date_of(0), **CHECK),
                            "job", live_job),
    # That a job ended is known of somebody who was discharged, too.
    J + "EndJob": Line(FIELD, id_of("job_id", ends_on=date_of(0), reason="JOB_END_OTHER", **CHECK),
                       "job", seen("job")),
    J + "AddLostShift": Line(FIELD, id_of("job_id", on=date_of(-2), hours_tenths=80, **CHECK,
                                          reason="LOST_SHIFT_REASON_UNWELL"), "job", live_job),
    J + "RemoveLostShift": Line(FIELD, id_of("job_id", on=date_of(-5), **CHECK), "job", live_job),
    J + "GetJob": [
        Line(FIELD, id_of("job_id"), "job", seen("job"), shows={"job": that("job")}),
        Line(FIELD, id_of("client_id"), "client", of_team, shows={
            "job": lambda w, p, row, asked: asked and row["client_id"] == asked["id"]})],
    J + "ListJobs": [
        Line(FIELD, id_of(ended=True), shows={"job": all_of("job")}),
        Line(FIELD, id_of("client_id"), "client", unknown=OK, shows={
            "job": all_of("job", lambda w, p, row, asked:
                          asked and row["client_id"] == asked["id"])})],

    LE + "AddLesson": Line(FIELD, id_of("lesson", "employer_id", lesson={"text": "x"}, **CHECK),
                           "employer", only=["plain", "blocked"]),
    LE + "UpdateLesson": Line(FIELD, id_of("lesson_id", text="x", **CHECK), "lesson", own_lesson),
    LE + "WithdrawLesson": Line(FIELD, id_of("lesson_id", **CHECK), "lesson", own_lesson),
    LE + "MarkLesson": Line(FIELD, id_of("lesson_id", **CHECK), "lesson", marks),
    LE + "ListLessons": [
        Line(FIELD, shows={"lesson": all_of("lesson", lambda w, p, row, asked:
                                            not row["withdrawn_at"])}),
        Line(FIELD, id_of(mine=True), shows={"lesson": all_of("lesson", lambda w, p, row, asked:
                                                              row["specialist_id"] == p["id"])})],

    M + "MatchClient": Line(FIELD, id_of("client_id"), "client", live_client),
    M + "MatchOpening": Line(FIELD, id_of("opening_id", team=True), "opening", open_opening),
    M + "ExplainMatch": [
        Line(FIELD, lambda id_: {"client_id": id_, "opening_id": network_ids["network"]}, "client",
             live_client, shows={"client": lambda w, p, row, asked: False}),
        # The opening is looked at first: one that the caller sees may be said to be closed.
        Line(FIELD, lambda id_: {"client_id": network_ids["L1"], "opening_id": id_}, "opening",
             lambda w, p, row: NOT_FOUND if open_opening(w, p, row) == OK
             and p["team"] != network_ids["L1 team"] else open_opening(w, p, row))],
    M + "SuggestTargets": Line(FIELD, id_of("client_id"), "client", live_client),

    O + "CreateOpening": Line(FIELD, id_of("opening", "employer_id", **CHECK,
                                           opening={"title": "x", "hidden": True}), "employer",
                              only=["plain", "blocked"]),
    O + "GetOpening": Line(FIELD, id_of("opening_id"), "opening", seen("opening"),
                           shows={"opening": that("opening")}),
    O + "UpdateOpening": Line(FIELD, id_of("opening", "id", update_mask="notes",
                                           opening={"notes": "x"}, **CHECK), "opening", own_opening),
    O + "CloseOpening": Line(FIELD, id_of("opening_id", reason="filled", **CHECK), "opening",
                             live_own_opening),
    O + "ListOpenings": Line(FIELD, id_of(closed=True, page_size=100),
                             shows={"opening": all_of("opening")}),

    R + "GetPostcode": Line(ALL, id_of(postcode="SW9 8HE"), status=lambda w, p, row: NOT_FOUND),
    R + "SearchOccupations": Line(ALL, id_of(query="drivers")),
    R + "SearchIndustries": Line(ALL, id_of(query="bread")),
    R + "LoadPostcodes": Line(ADMIN, id_of(rows=[{
        "postcode": "SW9 8HE", "point": {"easting": 531100, "northing": 175600},
        "borough_id": LAMBETH}], **CHECK)),
    R + "LoadOccupations": Line(ADMIN, id_of(rows=[{"code": "8214", "title": "Drivers"}], **CHECK)),
    R + "LoadIndustries": Line(ADMIN, id_of(rows=[{"code": "10710", "title": "Bakers"}], **CHECK)),

    S + "OpenContact": Line(FIELD, id_of("contact_id", **CHECK), "contact", opens),
    S + "ShareContact": Line(FIELD, id_of("contact_id", to_borough_id=CAMDEN, **CHECK), "contact",
                             shares),
    S + "WithdrawShare": Line(FIELD, id_of("share_id", **CHECK), "share", withdraws),
    S + "ListShares": Line(FIELD, id_of(ended=True), shows={"share": all_of("contact_share")}),
    S + "ListUses": Line(FIELD, shows={"share": lambda w, p, row, asked: any(
        u["share_id"] == row["id"] and rules.may_see(w, p, "contact_use", u)
        for u in w["contact_use"].values())}),
    S + "RequestContact": Line(FIELD, id_of("contact_id", reason="a role", **CHECK), "contact",
                               asks_for),
    S + "GrantRequest": Line(FIELD, id_of("contact_request_id", **CHECK), "request", answers),
    S + "DeclineRequest": Line(FIELD, id_of("contact_request_id", reason="no", **CHECK), "request",
                               answers),
    S + "ListRequests": Line(FIELD, id_of(answered=True), shows={"request": all_of("contact_request")}),

    SU + "AddSupport": [
        Line(FIELD, lambda id_: {"support": {"client_id": id_, "given_to": "SUPPORT_TO_CLIENT"},
                                 **CHECK}, "client", live_client),
        # Nobody agreed that the planted employer is called.
        Line(FIELD, lambda id_: {"support": {
            "client_id": network_ids["L1"], "job_id": id_, "given_to": "SUPPORT_TO_EMPLOYER"},
            **CHECK}, "job", only=["L1"], status=lambda w, p, row: (
            FAILED if rules.may_see(w, p, "job", row) else NOT_FOUND))],
    SU + "ListSupport": Line(FIELD, shows={"support": all_of("support")}),
    SU + "ListSupportDue": Line(FIELD, id_of(team=True, ahead_days=60), shows={
        "job": all_of("job", lambda w, p, row, asked: live_job(w, p, row) == OK)}),

    T + "GetToday": Line(FIELD),

    TR + "ProposeTrial": [
        Line(FIELD, lambda id_: {"trial": {
            "client_id": id_, "opening_id": network_ids["network"]}, **CHECK}, "client",
             live_client),
        Line(FIELD, lambda id_: {"trial": {
            "client_id": network_ids["L1"], "opening_id": id_}, **CHECK}, "opening", tried_at)],
    TR + "UpdateTrial": Line(FIELD, id_of("trial", "id", update_mask="insured", **CHECK,
                                          trial={"insured": True}), "trial",
                             trial_in("proposed", "agreed", "running")),
    TR + "AgreeTrial": Line(FIELD, id_of("trial_id", **CHECK), "trial", trial_in("proposed")),
    TR + "BeginTrial": Line(FIELD, id_of("trial_id", **CHECK), "trial", trial_in("agreed")),
    TR + "EndTrial": Line(FIELD, id_of("trial_id", outcome="TRIAL_OUTCOME_OFFER", **CHECK), "trial",
                          trial_in("running")),
    TR + "CancelTrial": Line(FIELD, id_of("trial_id", reason="x", **CHECK), "trial",
                             trial_in("proposed", "agreed")),
    TR + "ExtendTrial": Line(FIELD, id_of("trial_id", days=1, **CHECK), "trial",
                             trial_in("running")),
    TR + "GetTrial": Line(FIELD, id_of("trial_id"), "trial", seen("trial"),
                          shows={"trial": that("trial")}),
    TR + "ListTrials": [
        Line(FIELD, id_of(ended=True), shows={"trial": all_of("trial")}),
        Line(FIELD, id_of("client_id", ended=True), "client", unknown=OK,
             shows={"trial": all_of("trial", lambda w, p, row, asked:
                                    asked and row["client_id"] == asked["id"])}),
        Line(FIELD, id_of("opening_id", ended=True), "opening", unknown=OK,
             shows={"trial": all_of("trial", lambda w, p, row, asked:
                                    asked and row["opening_id"] == asked["id"])})],
    TR + "GetLetter": Line(FIELD, id_of("trial_id"), "trial", seen("trial")),

    V + "RecordVisit": Line(FIELD, lambda id_: {"visit": {
        "employer_id": network_ids["plain"], "client_id": id_}, **CHECK}, "client", live_client),
    V + "CorrectVisit": [
        Line(FIELD, id_of("visit", "replaces_id", visit={"generic": True}, **CHECK), "visit",
             of_own_team),
        Line(FIELD, lambda id_: {"visit": {"replaces_id": network_ids["L2 visit"], "client_id": id_},
                                 **CHECK}, "client", lambda w, p, row: (
            NOT_FOUND if of_team(w, p, row) != OK else {OK: live_client(w, p, row)}.get(
                of_own_team(w, p, w["visit"][network_ids["L2 visit"]]),
                of_own_team(w, p, w["visit"][network_ids["L2 visit"]]))))],
    V + "GetVisit": Line(FIELD, id_of("visit_id"), "visit", seen("visit"),
                         shows={"visit": that("visit")}),
    V + "ListVisits": [
        Line(FIELD, shows={"visit": all_of("visit")}),
        Line(FIELD, id_of("client_id"), "client", unknown=OK,
             shows={"visit": lambda w, p, row, asked: asked and any(
                 l["visit_id"] == row["id"] and l["client_id"] == asked["id"]
                 and rules.may_see(w, p, "visit_client", l)
                 for l in w["visit_client"].values())})],
    V + "CheckDoor": [
        Line(FIELD, id_of("employer_id"), "employer", only=["plain", "blocked"]),
        Line(FIELD, lambda id_: {"employer_id": network_ids["plain"], "client_id": id_}, "client",
             of_team, shows={"client": that("client")})],
    V + "PlanVisit": Line(FIELD, lambda id_: {"plan": {
        "employer_id": network_ids["plain"], "client_id": id_, "at": network_ids["tomorrow"]},
        **CHECK}, "client", live_client),
    V + "CancelPlan": Line(FIELD, id_of("plan_id", **CHECK), "plan", of_own_team),
    V + "ListDue": Line(FIELD, id_of(borough=True), shows={"employer": lambda w, p, row, asked: (
        row["id"], p["borough"]) in w["relationship"]}),

    # A lead sees the own team's weeks, a specialist their own, and a lead's own log names nobody else's.
    "ReviewService/GetWeek": Line(FIELD, id_of("specialist_id"), "specialist", sees_week,
                                  unknown=lambda p: NOT_FOUND if rules.is_lead(p) else DENIED,
                                  shows={"specialist": that("specialist")}),
    "ReviewService/ReviewWeek": Line(
        {"lead"}, id_of("specialist_id", note="a note", **CHECK), "specialist",
        lambda w, p, row: (FAILED if row["id"] == p["id"] else
                           OK if row["team_id"] == p["team"] else NOT_FOUND)),
    "ReviewService/ListReviews": Line(FIELD, id_of("specialist_id"), "specialist", unknown=OK),

    "ReportService/ListReports": Line(FIGURES),
    "ReportService/GetReport": [
        Line(FIGURES, id_of(name="jobs", **QUARTER)),
        Line(FIGURES, id_of("specialist_id", name="jobs", **QUARTER), "specialist", reads_figures,
             unknown=lambda p: reads_figures(None, p, None))],
    "ReportService/GetReportRows": [
        Line(FIELD, id_of(name="caseload", **QUARTER)),
        Line(FIELD, id_of("specialist_id", name="caseload", **QUARTER), "specialist", reads_figures,
             unknown=lambda p: reads_figures(None, p, None))],
    "ReportService/ExportReport": Line({"lead", "auditor"}, id_of(name="status", **QUARTER)),
    "ReportService/SetContractedHours": Line(
        {"lead"}, lambda id_: {"hours": {"specialist_id": id_, "hours_tenths": 300}, **CHECK},
        "specialist", lambda w, p, row: OK if row["team_id"] == p["team"] else NOT_FOUND),
    "ReportService/ListContractedHours": Line(FIELD),

    # The auditor reads ids of clients; what a lead reads is in test_rights.py.
    "AuditService/ListAudit": Line({"lead", "auditor"}, id_of(before="2026-01-01T00:00:00Z")),
    "AuditService/VerifyAudit": Line({"lead", "auditor"}),
    "AuditService/SignHead": Line({"lead", "auditor"}),

    "RightsService/ExportPerson": Line(FIELD, id_of("client_id"), "client", of_team),
    "RightsService/ErasePerson": Line({"lead"}, id_of("client_id", **CHECK), "client", erases),
    "RightsService/HoldPerson": Line({"lead"}, id_of("client_id", reason="a complaint", **CHECK),
                                     "client", of_team),
    "RightsService/ReleasePerson": Line(
        {"lead"}, id_of("client_id", **CHECK), "client",
        lambda w, p, row: {OK: FAILED}.get(of_team(w, p, row), of_team(w, p, row))),
    "RightsService/Purge": Line({"lead", "administrator"}, id_of(**CHECK)),
}

# Asked by tests of their own: what does not end (test_watch.py), and what gives an auditor the ids of
# all clients of the borough (test_rights.py).
ELSEWHERE = {"WatchService/Watch", "AuditService/ExportAudit"}
NOT_LET_IN = ("L1 revoked", "L1 expired", "L1 gone")
TABLES = {"request": "contact_request", "share": "contact_share"}
network_ids = {}


class TestMatrix(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.canvass = canvass_test.SHARED = canvass_test.Canvass(max_failed_logins=0)
        cls.people, cls.ids, cls.secrets = network.plant(cls.canvass)
        cls.keys = network.keys_of(cls.canvass)
        cls.world = network.read_world(cls.canvass, cls.keys)
        cls.ids["token"] = {t["id"]: t["id"] for t in cls.world["token"].values()}
        # What is asked of a request that was carried out hangs on who did it.
        cls.world["done"] = {id_: {"actor": cls.people[name[3:]]["id"]}
                             for name, id_ in cls.ids["done"].items()}
        kept = cls.world["employer"][cls.ids["employer"]["kept"]]
        cls.merged = {cls.ids["employer"]["merged"]: kept}
        network_ids.update({
            "plain": cls.ids["employer"]["plain"], "kept": cls.ids["employer"]["kept"],
            "network": cls.ids["opening"]["network"],
            "L1": cls.ids["client"]["L1"], "L1 team": cls.ids["team"]["L1"],
            "L2 visit": cls.ids["visit"]["L2"],
            "tomorrow": network.Writer(0).moment(1)})
        cls.calls, cls.leaks = 0, []

    def row(self, kind, id_):
        return self.merged.get(id_) or self.world[TABLES.get(kind, kind)].get(id_)

    # ---- asking ----

    def ask(self, method, body, token):
        """The status, and everything that the answer holds as text."""
        found, _, _ = canvass_test.schema().method(method)
        try:
            if canvass_test.method_proto(found).client_streaming:
                answer = self.canvass.stream(method, [body], token)
            else:
                answer = self.canvass.rpc(method, body, token)
            answers = [answer] if hasattr(answer, "DESCRIPTOR") else list(answer)
            return OK, str([canvass_test.to_dict(a) for a in answers])
        except grpc.RpcError as error:
            return error.code().name, str(canvass_test.details(error))

    def lines(self):
        for method, lines in MATRIX.items():
            for line in lines if isinstance(lines, list) else [lines]:
                yield method, line

    def subjects(self, line):
        if line.kind is None:
            return [None]
        return [id_ for name, id_ in self.ids[line.kind].items() if name in (line.only or [name])]

    # ---- judging ----

    def leak(self, what):
        self.leaks.append(what)

    def expected(self, line, who, row, unknown):
        if not line.roles & who["roles"]:
            return DENIED
        if unknown:
            return line.unknown(who) if callable(line.unknown) else line.unknown
        return line.status(self.world, who, row)

    def check_words(self, method, name, who, asked, text):
        """No word of a row that the caller may not read, whatever was asked."""
        for word, table, key in self.secrets:
            row = self.world[table][key]
            if word in text and not rules.may_see(self.world, who, table, row):
                self.leak(f"{method} tells {name} of {table} {word}: {text[:300]}")
        for client, row in self.world["client"].items():
            if client in text and row is not asked \
                    and not rules.may_see(self.world, who, "client", row):
                self.leak(f"{method} names client {client} to {name}")

    def check_shown(self, method, line, name, who, asked, text):
        shown = set(UUID.findall(text))
        for kind, rule in line.shows.items():
            for id_ in self.ids[kind].values():
                row = self.row(kind, id_)
                if id_ in self.merged:
                    continue
                expected = bool(rule(self.world, who, row, asked))
                if (id_ in shown) != expected:
                    self.leak(f"{method} {'shows' if id_ in shown else 'does not show'} {kind} {id_}"
                              f" to {name}")

    def is_hidden(self, kind, who, row):
        """Not to be told from what is not there. That a contact is there, everybody may know."""
        table = TABLES.get(kind, kind)
        return table in rules.SEES and table != "contact" \
            and not rules.may_see(self.world, who, table, row)

    @staticmethod
    def without_ids(answer, id_):
        return answer[0], MOMENT.sub("@", UUID.sub("#", answer[1].replace(id_, "#")))

    def check(self, method, line, name):
        who = self.people[name]
        unknown_id = str(uuid.uuid4())
        nothing = None
        if line.kind:
            nothing = self.ask(method, line.body(unknown_id), who["token"])
            self.judge(method, line, name, None, unknown_id, nothing)
        for id_ in self.subjects(line):
            answer = self.ask(method, line.body(id_), who["token"])
            row = id_ and self.row(line.kind, id_)
            self.judge(method, line, name, row, id_, answer)
            if line.kind and self.is_hidden(line.kind, who, row) and nothing:
                theirs, nobodys = self.without_ids(answer, id_), self.without_ids(nothing, unknown_id)
                if theirs != nobodys:
                    self.leak(f"{method} tells {name} that {line.kind} {id_} is there: {theirs},"
                              f" not {nobodys}")

    def judge(self, method, line, name, row, id_, answer):
        type(self).calls += 1
        who, (status, text) = self.people[name], answer
        expected = self.expected(line, who, row, line.kind and row is None)
        if status != expected:
            self.leak(f"{method} of {line.kind} {id_} for {name}: {status}, not {expected}:"
                      f" {text[:200]}")
        self.check_words(method, name, who, row, text)
        if status == OK:
            self.check_shown(method, line, name, who, row, text)

    # ---- the tests ----

    def test_matrix__has_a_line_for_each_method(self):
        methods = {line.split("\t")[0].removeprefix(canvass_test.PACKAGE) for line in
                   canvass_test.run(canvass_test.CANVASSD, "--print-methods").splitlines()
                   if line.startswith(canvass_test.PACKAGE)}
        methods -= ELSEWHERE
        for method in sorted(methods - set(MATRIX)):
            self.fail(f"add a row for {method} to the matrix (MATRIX in test_matrix.py)")
        self.assertEqual(set(MATRIX) - methods, set())

    def test_matrix__is_what_the_rules_say(self):
        callers = [n for n in self.people if n not in NOT_LET_IN]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda job: self.check(*job), [
                (method, line, name) for method, line in self.lines() for name in callers]))
        if self.leaks:
            self.fail(f"{len(self.leaks)} leaks:\n" + "\n".join(sorted(self.leaks)[:60]))
        print(f"{self.calls} calls, 0 leaks")

    def test_matrix__opens_contacts_where_shared(self):
        """What a share gives: the name of that contact, to whom it is for, and of no other."""
        names = {key: word for word, table, key in self.secrets if table == "contact"}
        for name, who in self.people.items():
            for id_ in self.ids["contact"].values() if who["roles"] & FIELD else ():
                row = self.world["contact"][id_]
                status, text = self.ask(S + "OpenContact", {"contact_id": id_}, who["token"])
                expected = opens(self.world, who, row) if name not in NOT_LET_IN \
                    else "UNAUTHENTICATED"
                told = {key for key, word in names.items() if word in text}
                self.assertEqual((status, told), (expected, {id_} if status == OK else set()),
                                 (name, row["name"]))

    def test_matrix__gives_nobody_anything(self):
        tokens = [None, canvass_test.new_token(), "cvt_x"] + [
            self.people[n]["token"] for n in NOT_LET_IN]
        for method, line in self.lines():
            for token in tokens:
                # The same whether the row is there or not.
                said = {self.ask(method, line.body(id_), token)
                        for id_ in [*self.subjects(line)[:1], str(uuid.uuid4())]}
                self.assertEqual(len(said), 1, method)
                self.assertEqual(said.pop()[0], "UNAUTHENTICATED", method)


if __name__ == "__main__":
    canvass_test.main()
