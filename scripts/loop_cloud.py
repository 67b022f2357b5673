"""The scripted "cloud" of loop.py: generated notes, the answers to them, and a server that gives them.

Notes are made by a seed. The task `extract` can be learned: the answer is in the note. The task
`digest` cannot: the answer is a hash of the note, which looks like nothing in it. `route` (base_ladder.py)
is easier: one word of the note decides which of four desks it goes to; `urgent` has two answers only.
"""

import hashlib
import http.server
import json
import random
import threading
import time

SYSTEM = {
    "extract": "Extract drug, dose in mg and reason as JSON.",
    "digest": "Give the code of the note.",
    "route": "Which desk?",
    "urgent": "Urgent?",
}
GIVEN = ["Maria", "James", "Aisha", "Peter", "Olga", "Samuel", "Ingrid", "Wei", "Carlos", "Hannah", "Tariq", "Lucy"]
FAMILY = ["Lopez", "Carter", "Khan", "Novak", "Petrova", "Reed", "Larsen", "Zhang", "Mendez", "Klein", "Aziz", "Moore"]
DRUGS = ["lisinopril", "metformin", "ibuprofen", "amoxicillin", "omeprazole", "sertraline", "warfarin", "prednisone"]
DOSES = [5, 10, 20, 25, 40, 50, 75, 100, 250, 500]
REASONS = ["high blood pressure", "type 2 diabetes", "knee pain", "ear infection", "acid reflux", "low mood",
           "atrial fibrillation", "asthma attack"]
DESKS = {
    "cardiology": ["lisinopril", "warfarin"], "diabetes": ["metformin", "insulin"],
    "pain": ["ibuprofen", "naproxen"], "infection": ["amoxicillin", "doxycycline"],
}
GREETINGS = ["Slept well last night.", "Ate a full breakfast.", "Walked with the nurse after lunch.",
             "Family visited in the afternoon.", "Complained about the noise in the corridor.",
             "Asked for another blanket.", "Was cheerful this morning.", "Refused the soup at noon.",
             "Read the paper by the window.", "Watched the rain for an hour.", "Phoned a sister abroad.",
             "Wants to go home soon."]
ENDINGS = ["Next visit on Monday.", "No fever.", "Pulse is regular.", "Will be seen again in two weeks.",
           "Blood was taken.", "No known allergies.", "Weight is stable.", "Discharge is planned.",
           "Appetite is good.", "Needs help with stairs.", "Sleeps on two pillows.", "Wears glasses."]
SHAPES = [
    "{greeting} {given} {family}, MRN {mrn}, was started on {drug} {dose} mg for {reason}. {ending}",
    "Patient {given} {family} (MRN {mrn}). {greeting} For {reason}: {drug}, {dose} mg daily. {ending}",
    "{ending} {greeting} MRN {mrn}, Mr. {family} now takes {dose} mg of {drug} because of {reason}.",
    "Dr. {family} prescribed {drug} {dose} mg to MRN {mrn} against {reason}. {greeting} {ending}",
]


def note(task, seed):
    """A note and its answer, decided by the seed."""
    draw = random.Random(seed)
    if task == "urgent":
        urgent = draw.random() < 0.5
        text = "%s %s %s" % (draw.choice(GREETINGS), "Has chest pain." if urgent else "Has a cough.", draw.choice(ENDINGS))
        return text, "yes" if urgent else "no"
    if task == "route":
        desk = draw.choice(sorted(DESKS))
        text = "%s Takes %s. %s" % (draw.choice(GREETINGS), draw.choice(DESKS[desk]), draw.choice(ENDINGS))
        return text, desk
    drug, dose, reason = draw.choice(DRUGS), draw.choice(DOSES), draw.choice(REASONS)
    text = draw.choice(SHAPES).format(
        greeting=draw.choice(GREETINGS), ending=draw.choice(ENDINGS), given=draw.choice(GIVEN),
        family=draw.choice(FAMILY), mrn=draw.randint(1000, 99999), drug=drug, dose=dose, reason=reason)
    if task == "digest":
        return text, hashlib.sha256(text.encode()).hexdigest()[:8]
    return text, json.dumps({"drug": drug, "mg": dose, "reason": reason})


def answer(task, text):
    """The answer to a text as a provider would find it."""
    if task == "digest":
        return hashlib.sha256(text.encode()).hexdigest()[:8]
    words = text.replace(",", " ").replace(".", " ").split()
    if task == "urgent":
        return "yes" if "chest pain" in text else "no"
    if task == "route":
        return next(desk for desk in DESKS if any(drug in words for drug in DESKS[desk]))
    drug = next(d for d in DRUGS if d in words)
    reason = next(r for r in REASONS if r in text)
    dose = int(words[words.index("mg") - 1])
    return json.dumps({"drug": drug, "mg": dose, "reason": reason})


class Cloud:
    """An OpenAI-compatible server: answers after a while; now and then it is busy or broken."""

    def __init__(self, task, latency):
        cloud = self
        self.requests = 0
        self.lock = threading.Lock()
        self.draw = random.Random(7)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with cloud.lock:
                    cloud.requests += 1
                    fate, pause = cloud.draw.random(), cloud.draw.uniform(latency / 4, latency)
                time.sleep(pause)
                if fate < 0.03:
                    self.send(429 if fate < 0.02 else 500, {"error": {"message": "try again", "type": "busy"}})
                    return
                prompt = sum(len(m["content"]) for m in body["messages"]) // 4
                text = answer(task, body["messages"][-1]["content"])
                self.send(200, {
                    "id": "chatcmpl-%d" % cloud.requests, "object": "chat.completion", "created": int(time.time()),
                    "model": "big-1", "choices": [{"index": 0, "finish_reason": "stop",
                                                   "message": {"role": "assistant", "content": text}}],
                    "usage": {"prompt_tokens": prompt, "completion_tokens": len(text) // 3,
                              "total_tokens": prompt + len(text) // 3}})

            def send(self, status, value):
                payload = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def base(self):
        return "http://127.0.0.1:%d/v1" % self.server.server_port

    def close(self):
        self.server.shutdown()
