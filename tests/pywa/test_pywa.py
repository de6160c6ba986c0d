"""pywa against the emulator: a client written by others, which knows only Meta's documents.

It sends through the emulator's Graph endpoints, and receives the emulator's signed webhooks with its own
signature check and parser. Prints `N passed, 0 failed`; exits 1 on any failure.
"""

import hashlib
import http.server
import json
import logging
import os
import queue
import subprocess
import sys
import threading
import traceback
import urllib.parse
import urllib.request

import httpx
from pywa import WhatsApp, errors, types, utils

SECRET = "0123456789abcdef0123456789abcdef"
TOKEN = "EAAtest"
VERIFY = "verify-me"
NUMBER = "106540352242922"
WABA = "102290129340398"
ROSA = "51987654321"
PATIENCE = 60  # seconds; only a failure waits so long

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Receiver(http.server.BaseHTTPRequestHandler):
    """A plain web server that leaves the handshake, the signature and the update to pywa."""

    wa: WhatsApp

    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        self.answer(*self.wa.webhook_challenge_handler(query.get(utils.HUB_VT), query.get(utils.HUB_CH)))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refused = self.wa.webhook_update_validator(body, self.headers.get(utils.HUB_SIG))
        self.answer(*(refused or self.wa.webhook_update_handler(body)))

    def answer(self, body, status):
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Stage:
    """pywa, its web server, the emulator's process, and every update pywa understood."""

    def __init__(self):
        self.wa = WhatsApp(
            phone_id=NUMBER,
            token=TOKEN,
            app_secret=SECRET,
            verify_token=VERIFY,
            server=None,
            session=httpx.Client(trust_env=False),
        )
        self.messages, self.buttons, self.selections, self.statuses = (queue.Queue() for _ in range(4))
        self.passed_over = []
        self.wa.on_message(lambda _, update: self.messages.put(update))
        self.wa.on_callback_button(lambda _, update: self.buttons.put(update))
        self.wa.on_callback_selection(lambda _, update: self.selections.put(update))
        self.wa.on_message_status(lambda _, update: self.statuses.put(update))
        handler = type("BoundReceiver", (Receiver,), {"wa": self.wa})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.emulator = subprocess.Popen(
            [os.environ["EMULATOR_BIN"], "--listen", "127.0.0.1:0"]
            + ["--webhook-url", f"http://127.0.0.1:{self.server.server_port}/"]
            + ["--phone-number-id", NUMBER, "--waba-id", WABA]
            + ["--display-phone", "+51 1 555 0100", "--business-name", "Cauce"]
            + ["--retry-base-ms", "1", "--status-delay-ms", "1"],
            env=os.environ
            | {"EMULATOR_APP_SECRET": SECRET, "EMULATOR_TOKEN": TOKEN, "EMULATOR_VERIFY_TOKEN": VERIFY},
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.emulator.stdout.readline()
        assert line.startswith("emulator listening on "), f"the emulator did not start: {line!r}"
        self.base = line.split()[-1]
        # pywa has no setting for the address of the Graph API.
        self.wa.api._session.base_url = f"{self.base}/v26.0"

    def close(self):
        self.emulator.terminate()
        assert self.emulator.wait(PATIENCE) == 0, "the emulator ends when told"
        self.server.shutdown()

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.base}/emulator{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with DIRECT.open(request, timeout=PATIENCE) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def write(self, act):
        """The customer acts on the phone; gives the wamid."""
        return self.call("POST", f"/customers/{ROSA}/messages", act)["id"]

    def sent(self, wamid):
        """What the ledger holds of one send."""
        [send] = [send for send in self.call("GET", "/ledger")["sends"] if send["wamid"] == wamid]
        return send

    def quiet(self):
        """Waits until no webhook is left to deliver, looking again after each event."""
        with DIRECT.open(f"{self.base}/emulator/events", timeout=PATIENCE) as events:
            while self.call("GET", "/ledger")["pending_webhooks"]:
                events.readline()

    def status_of(self, wamid, word):
        """The next status of this message with this word. Those of other messages may come before it."""

        def is_it(update):
            return update.id == wamid and update.status == word

        update = next(filter(is_it, self.passed_over), None)
        if update:
            self.passed_over.remove(update)
            return update
        while not is_it(update := self.statuses.get(timeout=PATIENCE)):
            self.passed_over.append(update)
        return update


def the_handshake_is_answered_with_the_right_token_only(stage):
    assert stage.call("POST", "/handshake", {})["verified"] is True
    refused = stage.call("POST", "/handshake", {"verify_token": "other"})
    assert (refused["verified"], refused["status"]) == (False, 403), refused


def a_text_is_received(stage):
    stage.call("POST", "/customers", {"name": "Rosa Ñahui 🌵", "wa_id": ROSA})
    wamid = stage.write({"type": "text", "text": {"body": "¿Atienden hoy? 50% <a/b@c>"}})
    message = stage.messages.get(timeout=PATIENCE)
    assert message.id == wamid
    assert message.type == types.MessageType.TEXT
    assert message.text == "¿Atienden hoy? 50% <a/b@c>"
    assert message.from_user.wa_id == ROSA
    assert message.from_user.name == "Rosa Ñahui 🌵"
    assert message.from_user.bsuid.startswith("PE.")
    assert message.metadata.phone_number_id == NUMBER
    assert message.metadata.display_phone_number == "5115550100"


def an_image_is_received(stage):
    image = {"link": "https://example.com/gato.png", "caption": "mi gato"}
    stage.write({"type": "image", "image": image})
    message = stage.messages.get(timeout=PATIENCE)
    assert message.type == types.MessageType.IMAGE
    assert (message.caption, message.image.mime_type) == ("mi gato", "image/png")
    assert message.image.id.isdigit()


def a_text_is_sent(stage):
    sent = stage.wa.send_message(to=ROSA, text="¡Sí!", tracker="v1:text:1")
    assert sent.id.startswith("wamid.")
    ledger = stage.sent(sent.id)
    assert (ledger["to"], ledger["type"], ledger["opaque"]) == (ROSA, "text", "v1:text:1")
    assert ledger["body"]["text"]["body"] == "¡Sí!"
    for word in ("sent", "delivered"):
        assert stage.status_of(sent.id, word).tracker == "v1:text:1"
    stage.call("POST", f"/customers/{ROSA}/open", {})
    assert stage.status_of(sent.id, "read").from_user.wa_id == ROSA


def buttons_are_sent_and_one_is_tapped(stage):
    sent = stage.wa.send_message(
        to=f"+{ROSA}",
        text="¿Seguimos?",
        header="Cita",
        footer="Responde con un botón",
        buttons=[types.Button("Sí", callback_data="yes"), types.Button("No", callback_data="no")],
    )
    interactive = stage.sent(sent.id)["body"]["interactive"]
    assert interactive["type"] == "button"
    assert [button["reply"]["title"] for button in interactive["action"]["buttons"]] == ["Sí", "No"]
    stage.write({"type": "button_reply", "message_id": sent.id, "id": "yes"})
    tapped = stage.buttons.get(timeout=PATIENCE)
    assert (tapped.data, tapped.title) == ("yes", "Sí")
    assert tapped.reply_to_message.id == sent.id


def a_list_is_sent_and_a_row_is_chosen(stage):
    rows = [
        types.SectionRow("Lima", callback_data="lim", description="La capital"),
        types.SectionRow("Cusco", callback_data="cus"),
    ]
    sections = types.SectionList("Ver", sections=[types.Section("Perú", rows=rows)])
    sent = stage.wa.send_message(to=ROSA, text="¿Dónde?", buttons=sections)
    assert stage.sent(sent.id)["body"]["interactive"]["type"] == "list"
    stage.write({"type": "list_reply", "message_id": sent.id, "id": "lim"})
    chosen = stage.selections.get(timeout=PATIENCE)
    assert (chosen.data, chosen.title, chosen.description) == ("lim", "Lima", "La capital")
    assert chosen.reply_to_message.id == sent.id


def an_image_is_sent(stage):
    sent = stage.wa.send_image(to=ROSA, image=sample(stage, "foto.jpg"), mime_type="image/jpeg", caption="Aquí")
    ledger = stage.sent(sent.id)
    assert ledger["type"] == "image"
    assert ledger["body"]["image"]["caption"] == "Aquí"
    for word in ("sent", "delivered"):
        stage.status_of(sent.id, word)


def a_file_is_uploaded_downloaded_and_deleted(stage):
    content = sample(stage, "receta.pdf")
    media = stage.wa.upload_media(content, mime_type="application/pdf", filename="receta.pdf")
    about = stage.wa.get_media_url(media.id)
    assert (about.mime_type, int(about.file_size)) == ("application/pdf", len(content))
    assert about.sha256 == hashlib.sha256(content).hexdigest()
    assert stage.wa.get_media_bytes(about.url) == content
    assert stage.wa.delete_media(media.id)
    refused(errors.WhatsAppError, lambda: stage.wa.get_media_url(media.id))


def every_other_type_is_sent(stage):
    wa, photo = stage.wa, stage.wa.upload_media(sample(stage, "foto.jpg"), mime_type="image/jpeg")
    voice, film = sample(stage, "nota-de-voz.ogg"), sample(stage, "video.mp4")
    hello = stage.call("GET", f"/customers/{ROSA}/messages")[0]["id"]
    sends = [
        wa.send_video(to=ROSA, video=film, mime_type="video/mp4", caption="Mira"),
        wa.send_voice(to=ROSA, voice=voice, mime_type="audio/ogg"),
        wa.send_audio(to=ROSA, audio=voice, mime_type="audio/ogg"),
        wa.send_document(
            to=ROSA, document=sample(stage, "receta.pdf"), filename="receta.pdf", mime_type="application/pdf"
        ),
        wa.send_sticker(to=ROSA, sticker=sample(stage, "sticker.webp"), mime_type="image/webp"),
        wa.send_location(to=ROSA, latitude=-12.046, longitude=-77.03, name="Plaza Mayor", address="Lima"),
        wa.send_contact(
            to=ROSA, contact=types.Contact(name=types.Contact.Name(formatted_name="Ana", first_name="Ana"))
        ),
        wa.request_location(to=ROSA, text="¿Dónde está?"),
        wa.send_message(to=ROSA, text="La página", buttons=types.URLButton("Abrir", url="https://example.com")),
        wa.send_image(
            to=ROSA,
            image=photo.id,
            caption="¿Sí?",
            buttons=[types.Button("Sí", callback_data="yes")],
            reply_to_message_id=hello,
        ),
    ]
    for sent in sends:
        stage.status_of(sent.id, "delivered")
    reaction = wa.send_reaction(to=ROSA, emoji="👍", message_id=hello)
    stage.status_of(reaction.id, "sent")
    [bubble, *_] = stage.call("GET", f"/customers/{ROSA}/messages")
    assert bubble["reactions"] == [{"from": "business", "emoji": "👍"}], bubble


def every_other_type_is_received(stage):
    def received(act):
        wamid = stage.write(act)
        message = stage.messages.get(timeout=PATIENCE)
        assert message.id == wamid
        return message

    for kind, name, mime in [
        ("image", "foto.jpg", "image/jpeg"),
        ("video", "video.mp4", "video/mp4"),
        ("audio", "nota-de-voz.ogg", "audio/ogg; codecs=opus"),
        ("document", "receta.pdf", "application/pdf"),
        ("sticker", "sticker.webp", "image/webp"),
    ]:
        content = sample(stage, name)
        message = received({"type": kind, "media": {"id": on_phone(stage, content, mime, name)}, "voice": True})
        assert message.media.mime_type == mime
        assert message.media.get_bytes() == content
    assert received({"type": "text", "text": {"body": "x"}, "forwarded": "yes"}).forwarded
    [*_, asked] = stage.call("GET", f"/customers/{ROSA}/messages")
    message = received(
        {"type": "location", "location": {"latitude": -12.0, "longitude": -77.0}, "reply_to": asked["id"]}
    )
    assert (message.location.latitude, message.reply_to_message.id) == (-12.0, asked["id"])
    message = received(
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Ana"}, "phones": [{"phone": "+51 1"}]}]}
    )
    assert message.contacts[0].name.formatted_name == "Ana"
    message = received({"type": "reaction", "message_id": asked["id"], "emoji": "👍"})
    assert message.reaction.emoji == "👍"
    assert received({"type": "reaction", "message_id": asked["id"]}).reaction.emoji in (None, "")
    item = {"product_retailer_id": "a", "quantity": 2, "item_price": 30.5, "currency": "PEN"}
    message = received({"type": "order", "order": {"catalog_id": "1", "product_items": [item]}})
    assert message.order.products[0].quantity == 2


def a_message_is_marked_as_read_with_typing(stage):
    wamid = stage.write({"type": "text", "text": {"body": "¿siguen ahí?"}})
    message = stage.messages.get(timeout=PATIENCE)
    assert message.id == wamid
    assert message.mark_as_read()
    assert message.indicate_typing()
    [customer] = stage.call("GET", "/state")["customers"]
    assert customer["typing"] is True
    bubble = stage.call("GET", f"/customers/{ROSA}/messages")[-1]
    assert (bubble["id"], bubble["status"]) == (wamid, "read")


def the_number_is_read(stage):
    number = stage.wa.get_business_phone_number()
    assert (number.id, number.verified_name) == (NUMBER, "Cauce")
    assert number.display_phone_number == "+51 1 555 0100"


def metas_errors_become_pywas(stage):
    for fault, expected in [
        ({"kind": "throttle"}, errors.RateLimitHit),
        ({"kind": "server_error"}, errors.WhatsAppError),
    ]:
        stage.call("POST", "/faults", fault)
        refused(expected, lambda: stage.wa.send_message(to=ROSA, text="hola"))
    long = [types.Button("Un título demasiado largo", callback_data="a")]
    refused(errors.InvalidParameter, lambda: stage.wa.send_message(to=ROSA, text="¿?", buttons=long))
    stage.call("POST", "/clock", {"advance_ms": 24 * 60 * 60 * 1000})
    late = stage.wa.send_message(to=ROSA, text="tarde")
    failed = stage.status_of(late.id, "failed")
    assert isinstance(failed.error, errors.ReEngagementMessage), failed.error


def a_wrong_or_missing_signature_is_refused(stage):
    body = {"object": "whatsapp_business_account", "entry": []}
    for signature, status in [("wrong", 403), ("missing", 401)]:
        answer = stage.call("POST", "/webhook", {"payload": body, "signature": signature})
        assert answer["status"] == status, answer


def every_webhook_was_taken_at_the_first_try(stage):
    stage.quiet()
    webhooks = stage.call("GET", "/ledger")["webhooks"]
    assert (
        len(webhooks) == 47
    ), webhooks  # 16 messages, 3 + 2 + 2 + 2 statuses, 10 × 2 of other types, 1 reaction, 1 failure
    assert {(webhook["attempts"], webhook["status"]) for webhook in webhooks} == {(1, 200)}


def sample(stage, name):
    """A small file of the emulator's."""
    with DIRECT.open(f"{stage.base}/emulator/samples/{name}", timeout=PATIENCE) as answer:
        return answer.read()


def on_phone(stage, content, mime, name):
    """Puts a file on the customer's phone; gives its media id."""
    query = urllib.parse.urlencode({"mime": mime, "filename": name})
    url = f"{stage.base}/emulator/customers/{ROSA}/media?{query}"
    headers = {"Content-Type": "application/octet-stream"}
    with DIRECT.open(urllib.request.Request(url, content, headers), timeout=PATIENCE) as answer:
        return json.load(answer)["id"]


def refused(kind, call):
    try:
        call()
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was expected")


# In this order: each goes on in the conversation of the one before.
TESTS = [
    the_handshake_is_answered_with_the_right_token_only,
    a_text_is_received,
    an_image_is_received,
    a_text_is_sent,
    buttons_are_sent_and_one_is_tapped,
    a_list_is_sent_and_a_row_is_chosen,
    an_image_is_sent,
    a_file_is_uploaded_downloaded_and_deleted,
    every_other_type_is_sent,
    every_other_type_is_received,
    a_message_is_marked_as_read_with_typing,
    the_number_is_read,
    metas_errors_become_pywas,
    a_wrong_or_missing_signature_is_refused,
    every_webhook_was_taken_at_the_first_try,
]


def main():
    logging.disable(logging.CRITICAL)  # pywa logs every refused signature
    stage = Stage()
    failed = 0
    try:
        for test in TESTS:
            try:
                test(stage)
            except Exception:
                failed += 1
                print(f"FAILED {test.__name__}", file=sys.stderr)
                traceback.print_exc()
    finally:
        stage.close()
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
