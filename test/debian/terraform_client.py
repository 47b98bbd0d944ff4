"""Manages every resource as the Terraform provider of Grafana OnCall does.

Written from section 7 of the contract alone, with nothing but Python's own library: the bodies are those that its client
sends, with empty ids, nulls and manual orders, and what is read back is compared with what was asked. A difference would be a
plan that never becomes empty.

    python3 terraform_client.py URL TOKEN USERNAME TEAM
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

COMMON_HEADERS = {
    "Accept": "application/json",
    "User-Agent": "Terraform/1.9.0 (+https://www.terraform.io) terraform-provider-grafana/4.5.0",
}


class Api:
    """The HTTP of the client: raw token, `Content-Type` only with a body, pages by `page` alone, updates by PUT."""

    def __init__(self, url, token):
        self.url = url.rstrip("/") + "/api/v1/"
        self.token = token
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, method, path, body=None):
        headers = {**COMMON_HEADERS, "Authorization": self.token}
        data = None
        if method in ("POST", "PUT"):
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with self.opener.open(request, timeout=30) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def done(self, method, path, body=None):
        status, answer = self.send(method, path, body)
        if status not in (200, 201, 202, 204, 304):
            raise AssertionError(f"{method} {path} {json.dumps(body)}: {status} {json.dumps(answer)}")
        return answer

    def listed(self, path, **filters):
        found, page = [], 1
        while True:
            answer = self.done("GET", path + "?" + urllib.parse.urlencode({**filters, "page": page}))
            found += answer["results"]
            if not isinstance(answer["next"], str):
                return found
            page += 1

    def only(self, path, **filters):
        """A data source: exactly one match, or it is an error."""
        found = self.listed(path, **filters)
        if len(found) != 1:
            raise AssertionError(f"{path} {filters}: {len(found)} found instead of one")
        return found[0]


class Resource:
    """One resource of a configuration: what is asked for, how it is sent, and what of the answer is state."""

    def __init__(self, api, path, make_body, unread=()):
        self.api, self.path, self.make_body, self.unread = api, path, make_body, unread
        self.id = None
        self.asked = None

    def create(self, **asked):
        self.asked = asked
        self.id = self.api.done("POST", f"{self.path}/", self.make_body(True, **asked))["id"]
        self.expect_no_drift("after it was created")

    def update(self, **changed):
        self.asked = {**self.asked, **changed}
        self.api.done("PUT", f"{self.path}/{self.id}/", self.make_body(False, **self.asked))

    def read(self):
        return self.api.done("GET", f"{self.path}/{self.id}/")

    def expect_no_drift(self, when):
        state = self.read()
        for name, wanted in self.asked.items():
            if name in self.unread:
                continue
            found = value_at(state, name)
            if as_state(found) != as_state(wanted):
                raise AssertionError(f"{self.path} {name} {when}: asked for {wanted!r}, read {found!r}")

    def delete(self):
        self.api.done("DELETE", f"{self.path}/{self.id}/")
        status, answer = self.api.send("GET", f"{self.path}/{self.id}/")
        if (status, answer) != (404, {"detail": "Not found."}):
            raise AssertionError(f"{self.path} after it was deleted: {status} {answer}")


def value_at(state, name):
    """`default_route__slack__enabled` is a member of a member. What is not there is decoded into nothing."""
    *outer, last = name.split("__")
    for key in outer:
        state = state[key]
    return state.get(last)


def as_state(value):
    """The client decodes null into the empty text, the empty list and zero, which Terraform takes for nothing."""
    return None if value in ("", []) else value


def channels(enabled):
    return {
        "slack": {"channel_id": None, "enabled": enabled},
        "telegram": {"id": None, "enabled": False},
        "msteams": {"id": None, "enabled": False},
    }


def webhook_body(creating, name, url, team=None, trigger_type="escalation", http_method="POST", forward_all=True, **optional):
    body = {"preset": "", "name": name, "team": team or "", "url": url, "trigger_type": trigger_type, "http_method": http_method}
    for key in ("data", "username", "password", "authorization_header", "trigger_template", "headers"):
        body[key] = optional.get(key)
    body["forward_all"] = forward_all
    body["integration_filter"] = optional.get("integration_filter")
    body["is_webhook_enabled"] = optional.get("is_webhook_enabled", True)
    return body


def titles(*names):
    return {name: None for name in names}


NO_TEMPLATES = {
    **titles("grouping_key", "resolve_signal", "acknowledge_signal", "source_link"),
    "slack": titles("title", "message", "image_url"),
    "web": titles("title", "message", "image_url"),
    "telegram": titles("title", "message", "image_url"),
    "sms": titles("title"),
    "phone_call": titles("title"),
    "email": titles("title", "message"),
    "mobile_app": titles("title", "message"),
}


def integration_body(creating, name, type, team_id=None, **route):
    body = {
        "team_id": team_id or "",
        "name": name,
        "templates": NO_TEMPLATES,
        "default_route": {
            "id": "",
            "escalation_chain_id": route.get("default_route__escalation_chain_id"),
            **channels(route.get("default_route__slack__enabled", True)),
        },
        "labels": [],
        "dynamic_labels": [],
    }
    return {**body, "type": type} if creating else body


def route_body(creating, integration_id, escalation_chain_id, position, routing_regex, slack__enabled=True):
    body = {
        "escalation_chain_id": escalation_chain_id,
        "position": position,
        "routing_regex": routing_regex,
        "routing_type": "regex",
        **channels(slack__enabled),
        "manual_order": True,
    }
    return {**body, "integration_id": integration_id} if creating else body


def chain_body(creating, name, team_id=None):
    return {"name": name, "team_id": team_id or ""}


def policy_body(creating, escalation_chain_id, position, type, important=False, **by_type):
    body = {"position": position, "type": type, "important": important, "manual_order": True, **by_type}
    if not creating:
        return body
    # The client has one field for both kinds of lists of people when it creates, and two when it updates.
    if "persons_to_notify_next_each_time" in body:
        body["persons_to_notify"] = body.pop("persons_to_notify_next_each_time")
    return {**body, "escalation_chain_id": escalation_chain_id}


def shift_body(creating, name, type, start, duration, team_id=None, **optional):
    keys = ("level", "until", "frequency", "users", "interval", "by_day", "by_month", "by_monthday", "rolling_users")
    body = {"team_id": team_id or "", "type": type, "name": name, "start": start, "duration": duration, "source": 3}
    for key in (*keys, "time_zone", "start_rotation_from_user_index"):
        body[key] = optional.get(key)
    if optional.get("week_start"):
        body["week_start"] = optional["week_start"]
    return body


def schedule_body(creating, name, type, team_id=None, time_zone=None, shifts=None, enable_web_overrides=False):
    body = {
        "team_id": team_id or "",
        "name": name,
        "ical_url_primary": None,
        "ical_url_overrides": None,
        "enable_web_overrides": enable_web_overrides,
        "slack": {"channel_id": None, "user_group_id": None},
        "shifts": shifts,
    }
    if time_zone:
        body["time_zone"] = time_zone
    return {**body, "type": type} if creating else body


def rule_body(creating, user_id, position, type, important=False, duration=None):
    body = {"position": position, "duration": duration, "important": important, "type": type, "manual_order": True}
    return {**body, "user_id": user_id} if creating else body


def main(url, token, username, team_name):
    api = Api(url, token)
    user = api.only("users/", username=username)["id"]
    admin = next(one["id"] for one in api.listed("users/") if one["id"] != user)
    team = api.only("teams", name=team_name)["id"]
    assert user in [one["id"] for one in api.listed("users/")]
    for path, filters in (("slack_channels", {"channel_name": "general"}), ("user_groups", {"slack_handle": "ops"})):
        assert api.listed(path, **filters) == [], path
    # Whatever a destroyed configuration left behind would be in the way of the second one.
    for _ in range(2):
        manage(api, (user, admin), team)
    print("no drift")


def manage(api, users, team):
    user, admin = users
    chain, other_chain = (Resource(api, "escalation_chains", chain_body) for _ in range(2))
    shift, office_hours, turns = (Resource(api, "on_call_shifts", shift_body) for _ in range(3))
    schedule = Resource(api, "schedules", schedule_body)
    integration = Resource(api, "integrations", integration_body)
    webhook = Resource(api, "webhooks", webhook_body, unread=("password", "authorization_header"))
    routes = [Resource(api, "routes", route_body) for _ in range(2)]
    steps = [Resource(api, "escalation_policies", policy_body) for _ in range(5)]
    rules = [Resource(api, "personal_notification_rules", rule_body) for _ in range(2)]
    every = [chain, other_chain, shift, office_hours, turns, schedule, integration, webhook, *routes, *steps, *rules]

    chain.create(name="night", team_id=None)
    other_chain.create(name="day", team_id=team)
    shift.create(name="january", type="single_event", start="2027-01-01T00:00:00", duration=86400, level=0, users=[user], team_id=None)
    office_hours.create(name="office hours", type="recurrent_event", start="2027-01-04T09:00:00", duration=28800, level=1,
                        users=[user, admin], frequency="weekly", interval=1, week_start="MO", by_day=["MO", "TU", "WE", "TH", "FR"],
                        by_month=None, by_monthday=None, until="2027-12-31T17:00:00", time_zone=None, team_id=None)
    turns.create(name="turns", type="rolling_users", start="2027-01-04T09:00:00", duration=604800, level=0, frequency="weekly",
                 interval=1, week_start="MO", rolling_users=[[user], [admin]], start_rotation_from_user_index=0,
                 by_day=None, by_month=None, by_monthday=None, until=None, time_zone="America/New_York", team_id=None)
    schedule.create(name="primary", type="calendar", time_zone="Europe/Paris", shifts=[shift.id, office_hours.id, turns.id],
                    enable_web_overrides=False)
    integration.create(name="site", type="alertmanager", team_id=None, default_route__escalation_chain_id=chain.id)
    webhook.create(name="desk", url="https://desk.example/", trigger_type="acknowledge", http_method="POST", forward_all=True,
                   username="bell", password="secret", authorization_header="Key secret", integration_filter=None)
    for position, expression in enumerate(("us-(east|west)", "eu-.*")):
        routes[position].create(integration_id=integration.id, escalation_chain_id=other_chain.id, position=position,
                                routing_regex=expression)
    for position, step in enumerate((
        {"type": "notify_persons", "persons_to_notify": [user], "important": True},
        {"type": "wait", "duration": 300},
        {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": schedule.id, "important": False},
        {"type": "trigger_webhook", "action_to_trigger": webhook.id},
        {"type": "resolve"},
    )):
        steps[position].create(escalation_chain_id=chain.id, position=position, **step)
    rules[0].create(user_id=user, position=0, type="notify_by_email", important=True)
    rules[1].create(user_id=user, position=1, type="wait", duration=900, important=True)
    expect_stable(every, "as it was created")
    look_up(api, chain, schedule, integration, webhook)

    chain.update(name="night watch", team_id=team)
    shift.update(name="a week", duration=604800, level=2, time_zone="Europe/Paris", users=[])
    # What the frequency of before needed goes with it.
    office_hours.update(frequency="monthly", interval=2, week_start=None, by_day=None, by_monthday=[1, -1], by_month=[3, 10],
                        until=None, users=[admin], level=-1)
    turns.update(frequency="daily", interval=2, week_start=None, duration=86400, by_day=["MO", "WE", "FR"], time_zone=None,
                 rolling_users=[[user, admin], [admin]], start_rotation_from_user_index=1, until="2028-01-01T00:00:00", team_id=team)
    schedule.update(name="secondary", time_zone="Asia/Tokyo", shifts=[], enable_web_overrides=True, team_id=team)
    integration.update(name="other site", team_id=team, default_route__escalation_chain_id=other_chain.id,
                       default_route__slack__enabled=False)
    webhook.update(name="other desk", team=team, url="https://other.example/", trigger_type="status change", http_method="PUT",
                   forward_all=False, username=None, integration_filter=[integration.id], is_webhook_enabled=False)
    # Two that change places, each told only its own.
    routes[0].update(position=1, routing_regex="us-.*", slack__enabled=False)
    routes[1].update(position=0, escalation_chain_id=chain.id)
    steps[0].update(position=1, important=False, persons_to_notify=[])
    steps[1].update(position=0, duration=3600)
    rules[0].update(position=1)
    rules[1].update(position=0, duration=60)
    expect_stable(every, "after it was changed")

    chain.update(team_id=None)
    schedule.update(team_id=None, shifts=None)
    integration.update(team_id=None, default_route__escalation_chain_id=None)
    webhook.update(team=None, integration_filter=None)
    expect_stable(every, "after it was untied")
    for resource in reversed(every):
        resource.delete()


def expect_stable(resources, when):
    """A plan is empty now, and stays empty when the same is applied again."""
    for resource in resources:
        resource.expect_no_drift(when)
    for resource in resources:
        resource.update()
    for resource in resources:
        resource.expect_no_drift(when + " and applied again")


def look_up(api, chain, schedule, integration, webhook):
    """The data sources."""
    assert api.only("escalation_chains/", name=chain.asked["name"])["id"] == chain.id
    assert api.only("schedules/", name=schedule.asked["name"])["id"] == schedule.id
    assert api.only("webhooks", name=webhook.asked["name"])["id"] == webhook.id
    found = api.done("GET", f"integrations/{integration.id}/")
    assert found["link"].startswith("http") and found["templates"] is not None and found["default_route"]["id"]
    assert api.listed("webhooks", name="nobody's") == []


if __name__ == "__main__":
    main(*sys.argv[1:])
