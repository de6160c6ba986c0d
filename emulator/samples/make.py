"""Makes the sample files of this folder. Needs Python with Pillow, ffmpeg (libx264, libopus) and espeak-ng.

    python3 make.py

Everything in them is drawn, written or synthesised here; nothing comes from anybody else.
"""

import math
import random
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

HERE = Path(__file__).parent


def photo(width, height, moment=0.0):
    """A hill country at dusk; `moment` (0 to 1) lets the sun go down."""
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        part = y / height
        draw.line([(0, y), (width, y)], fill=(int(60 + 190 * part), int(90 + 70 * part), int(160 - 70 * part)))
    radius, x, y = height / 11, width * 0.66, height * (0.34 + 0.3 * moment)
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(255, 226, 150))
    picture = picture.filter(ImageFilter.GaussianBlur(height / 160))
    draw = ImageDraw.Draw(picture)
    for layer in range(4):
        base, colour = height * (0.55 + 0.12 * layer), (70 - 15 * layer, 80 - 12 * layer, 95 - 20 * layer)
        ridge = [
            (
                x,
                base
                + height
                * 0.05
                * (math.sin(x / width * (5 + 3 * layer) + layer * 2) + 0.4 * math.sin(x / width * 23 + layer)),
            )
            for x in range(0, width + 4, 4)
        ]
        draw.polygon([(0, height), *ridge, (width, height)], fill=colour)
    dice = random.Random(7)
    grain = Image.new("L", (width // 2, height // 2))
    grain.putdata([dice.randint(118, 138) for _ in range(grain.width * grain.height)])
    grain = grain.resize((width, height)).convert("RGB")
    return Image.blend(picture, grain, 0.06)


def recipe():
    """A PDF of one page with Helvetica, which every reader has."""
    lines = [
        (20, 760, "Consultorio Los Olivos"),
        (11, 738, "Dra. Ana Torres - Medicina general"),
        (16, 690, "Receta"),
        (12, 660, "Paciente: Rosa Quispe"),
        (12, 640, "Fecha: 12 de marzo"),
        (12, 600, "1. Paracetamol 500 mg: una tableta cada 8 horas, por 3 días."),
        (12, 580, "2. Abundante agua y descanso."),
        (10, 520, "Documento de ejemplo, sin validez médica."),
    ]
    text = "".join(f"BT /F {size} Tf 72 {y} Td ({words}) Tj ET\n" for size, y, words in lines).encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    pdf, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        pdf
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (
            size,
            table,
            size,
            len(pdf),
        )
    )


def sticker():
    """A face that laughs, on nothing."""
    large = Image.new("RGBA", (1024, 1024))
    draw = ImageDraw.Draw(large)
    draw.ellipse([64, 64, 960, 960], fill=(255, 204, 77), outline="white", width=36)
    for x in (360, 664):
        draw.arc([x - 90, 330, x + 90, 510], 190, 350, fill=(90, 60, 20), width=36)
    draw.chord([290, 440, 734, 820], 0, 180, fill=(120, 45, 35))
    draw.chord([400, 690, 624, 810], 0, 180, fill=(235, 110, 110))
    return large.resize((512, 512), Image.LANCZOS)


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


def main():
    photo(960, 720).save(HERE / "foto.jpg", quality=82)
    (HERE / "receta.pdf").write_bytes(recipe())
    sticker().save(HERE / "sticker.webp", lossless=False, quality=80, method=6)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        ffmpeg = ["ffmpeg", "-y", "-loglevel", "error", "-bitexact"]
        run(
            "espeak-ng",
            "-v",
            "es-419",
            "-s",
            "165",
            "-w",
            folder / "voice.wav",
            "Hola, quisiera una cita para mañana por la tarde.",
        )
        opus = ["-ac", "1", "-c:a", "libopus", "-b:a", "24k", "-application", "voip", "-map_metadata", "-1"]
        run(*ffmpeg, "-i", folder / "voice.wav", *opus, "-t", "3", HERE / "nota-de-voz.ogg")
        for frame in range(30):
            photo(320, 240, frame / 29).save(folder / f"{frame:02}.png")
        pictures = ["-framerate", "15", "-i", folder / "%02d.png"]
        tone = ["-f", "lavfi", "-i", "sine=frequency=330:duration=2"]
        coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "28", "-c:a", "aac", "-b:a", "32k", "-ac", "1"]
        run(
            *ffmpeg,
            *pictures,
            *tone,
            *coded,
            "-shortest",
            "-movflags",
            "+faststart",
            "-map_metadata",
            "-1",
            HERE / "video.mp4",
        )


main()
