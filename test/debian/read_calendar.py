"""Prints the entries of the calendar that it reads, as icalendar understands them: one JSON list of [title, description, start, end].

    curl -s URL | python3 read_calendar.py

Anything that icalendar finds fault with ends it: a line that is too long, a time without a zone, a uid that comes twice.
"""

import json
import sys
from datetime import timedelta

from icalendar import Calendar

text = sys.stdin.buffer.read()
assert max(len(line) for line in text.split(b"\r\n")) <= 75, "a line is too long"
calendar = Calendar.from_ical(text)
assert not calendar.errors, calendar.errors
events = calendar.walk("VEVENT")
assert not [event.errors for event in events if event.errors], "an entry has faults"
assert len({str(event["UID"]) for event in events}) == len(events), "a uid comes twice"
for event in events:
    for key in ("DTSTAMP", "DTSTART", "DTEND"):
        assert event[key].dt.utcoffset() == timedelta(0), key + " is not UTC"

print(
    json.dumps(
        [
            [
                str(event["SUMMARY"]),
                str(event["DESCRIPTION"]),
                event["DTSTART"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
                event["DTEND"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            ]
            for event in events
        ]
    )
)
