"""Makes the files that the examples send. Needs Python with Pillow, ffmpeg (libx264, libopus, libmp3lame) and espeak-ng.

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
CREAM, INK = (250, 244, 232), (48, 44, 52)


def fade(size, above, below):
    """A picture that goes from one colour to another."""
    width, height = size
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        part = y / height
        draw.line([(0, y), (width, y)], fill=tuple(int(a + (b - a) * part) for a, b in zip(above, below)))
    return picture


def small(picture):
    """Drawn at twice its size: the edges become smooth."""
    return picture.resize((picture.width // 2, picture.height // 2), Image.LANCZOS)


# Óptica Mirador ------------------------------------------------------------------------------------------


def spectacles(draw, x, y, width, colour, round_ones):
    """A pair whose bridge is at (x, y)."""
    lens, gap = width * 0.42, width * 0.08
    for side in (-1, 1):
        left = x + (gap if side > 0 else -gap - lens)
        box = [left, y - lens * 0.36, left + lens, y + lens * 0.44]
        if round_ones:
            box = [left, y - lens / 2, left + lens, y + lens / 2]
            draw.ellipse(box, fill=(226, 238, 243), outline=colour, width=int(width / 22))
        else:
            draw.rounded_rectangle(box, lens / 4, fill=(226, 238, 243), outline=colour, width=int(width / 22))
        edge = left + lens if side > 0 else left
        draw.line([edge, y, edge + side * width * 0.12, y - lens * 0.2], fill=colour, width=int(width / 22))
    draw.arc([x - gap * 1.6, y - lens * 0.2, x + gap * 1.6, y + lens * 0.25], 200, 340, fill=colour, width=int(width / 22))


def window():
    """Three shelves of spectacles in a shop window."""
    picture = fade((1920, 1440), (255, 236, 200), (235, 206, 170))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([0, 0, 1920, 150], fill=(28, 92, 98))
    for x in range(0, 1920, 160):
        draw.pieslice([x, 70, x + 160, 230], 0, 180, fill=(28, 92, 98) if x % 320 else (246, 242, 230))
    colours = [(60, 40, 35), (28, 92, 98), (176, 58, 46), (35, 35, 40), (150, 110, 50), (84, 60, 120)]
    dice = random.Random(3)
    for row, y in enumerate((480, 840, 1200)):
        draw.rectangle([110, y + 120, 1810, y + 150], fill=(150, 104, 66))
        draw.rectangle([110, y + 150, 1810, y + 162], fill=(112, 76, 46))
        for place in range(4):
            x = 320 + place * 430
            draw.rounded_rectangle([x - 60, y + 60, x + 60, y + 120], 14, fill=(246, 242, 230))
            spectacles(draw, x, y, 330, colours[(row * 2 + place) % 6], dice.random() < 0.5)
    shine = Image.new("L", picture.size)
    ImageDraw.Draw(shine).polygon([(1250, 0), (1500, 0), (800, 1440), (550, 1440)], fill=34)
    white = Image.new("RGB", picture.size, "white")
    return small(Image.composite(white, picture, shine.filter(ImageFilter.GaussianBlur(30))))


# La Ceiba ------------------------------------------------------------------------------------------------


def courtyard():
    """The courtyard of a restaurant at night: a tree, lamps on a string, three tables."""
    picture = fade((1920, 1280), (24, 30, 66), (70, 52, 92))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([0, 420, 1920, 900], fill=(214, 150, 84))
    draw.rectangle([0, 400, 1920, 430], fill=(236, 186, 120))
    for x in (180, 620, 1180, 1620):
        draw.rectangle([x, 620, x + 160, 900], fill=(74, 46, 40))
        draw.pieslice([x, 540, x + 160, 700], 180, 360, fill=(74, 46, 40))
    draw.rectangle([0, 900, 1920, 1280], fill=(132, 78, 62))
    for x in range(-200, 2200, 120):
        draw.line([x, 1280, 960 + (x - 960) * 0.6, 900], fill=(112, 64, 52), width=4)
    draw.polygon([(900, 980), (930, 500), (990, 500), (1020, 980)], fill=(92, 66, 48))
    dice = random.Random(11)
    for _ in range(90):
        x, y, r = dice.gauss(960, 260), dice.gauss(330, 110), dice.randint(50, 110)
        green = dice.randint(70, 130)
        draw.ellipse([x - r, y - r, x + r, y + r], fill=(36, green, 60))
    glow = Image.new("RGB", picture.size)
    light = ImageDraw.Draw(glow)
    for string in range(3):
        for lamp in range(15):
            x = lamp * 137 + string * 40
            y = 120 + string * 130 + 90 * math.sin(lamp / 14 * math.pi)
            draw.ellipse([x - 10, y - 10, x + 10, y + 10], fill=(255, 236, 170))
            light.ellipse([x - 46, y - 46, x + 46, y + 46], fill=(150, 110, 40))
    for x, y in ((420, 1080), (960, 1160), (1500, 1080)):
        draw.ellipse([x - 190, y - 60, x + 190, y + 60], fill=CREAM)
        draw.rectangle([x - 12, y + 56, x + 12, y + 140], fill=(74, 46, 40))
        for side in (-1, 1):
            draw.ellipse([x + side * 95 - 42, y - 20, x + side * 95 + 42, y + 16], fill="white", outline=(200, 190, 180))
        draw.rectangle([x - 8, y - 50, x + 8, y - 4], fill="white")
        draw.ellipse([x - 7, y - 76, x + 7, y - 48], fill=(255, 210, 110))
        light.ellipse([x - 120, y - 180, x + 120, y + 60], fill=(120, 80, 30))
    glow = glow.filter(ImageFilter.GaussianBlur(40))
    return small(Image.blend(picture, Image.composite(glow, picture, glow.convert("L")), 0.35))


# Electro Andina ------------------------------------------------------------------------------------------


def label():
    """Where the serial number of a blender is: under its base."""
    picture = Image.new("RGB", (1440, 1440), (240, 246, 250))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(470, 180), (930, 180), (860, 800), (540, 800)], fill=(206, 228, 238), outline=INK, width=10)
    draw.rounded_rectangle([440, 120, 960, 190], 30, fill=(44, 62, 90))
    draw.arc([880, 280, 1120, 660], 270, 90, fill=(44, 62, 90), width=36)
    for y, x in ((298, 912), (642, 878)):
        draw.line([x, y, 1004, y], fill=(44, 62, 90), width=36)
    draw.polygon([(500, 800), (900, 800), (1000, 1180), (400, 1180)], fill=(200, 60, 50), outline=INK, width=10)
    draw.ellipse([630, 900, 770, 1040], fill=CREAM, outline=INK, width=10)
    draw.line([700, 970, 745, 925], fill=INK, width=12)
    draw.rounded_rectangle([520, 1200, 880, 1320], 16, fill="white", outline=INK, width=8)
    for x, wide in zip(range(545, 860, 18), [10, 4, 8, 4, 12, 6, 4, 10, 6, 4, 12, 4, 8, 10, 4, 6, 12, 4]):
        draw.rectangle([x, 1225, x + wide, 1295], fill=INK)
    draw.line([1240, 1020, 1240, 1260, 920, 1260], fill=(230, 120, 20), width=24, joint="curve")
    draw.polygon([(960, 1200), (890, 1260), (960, 1320)], fill=(230, 120, 20))
    return small(picture).quantize(64)


# Cine Alameda --------------------------------------------------------------------------------------------


def popcorn():
    """A sticker: a box of popcorn that smiles."""
    large = Image.new("RGBA", (1024, 1024))
    draw = ImageDraw.Draw(large)
    dice = random.Random(5)
    for y in range(150, 430, 40):
        for x in range(280, 780, 70):
            x0, y0, r = x + dice.randint(-25, 25), y + dice.randint(-15, 15), dice.randint(50, 75)
            draw.ellipse([x0 - r, y0 - r, x0 + r, y0 + r], fill=(255, 244, 206), outline=(236, 200, 110), width=8)
    draw.polygon([(210, 400), (814, 400), (730, 960), (294, 960)], fill=(214, 48, 49))
    for stripe in (0, 2, 4):
        above, below = 210 + stripe * 121, 294 + stripe * 87
        draw.polygon([(above, 400), (above + 121, 400), (below + 87, 960), (below, 960)], fill="white")
    draw.ellipse([320, 500, 704, 830], fill=(255, 236, 180), outline=INK, width=10)
    for x in (430, 594):
        draw.ellipse([x - 26, 590, x + 26, 650], fill=INK)
    draw.chord([420, 620, 604, 780], 0, 180, fill=(150, 40, 40))
    return large.resize((512, 512), Image.LANCZOS)


# La Sazón de Nena ----------------------------------------------------------------------------------------


def stew(size=(960, 720), moment=0.0):
    """A plate of ají de gallina; its steam moves with `moment` (0 to 1)."""
    width, height = size[0] * 2, size[1] * 2
    picture = fade((width, height), (120, 70, 44), (84, 46, 30))
    draw = ImageDraw.Draw(picture)

    def oval(x, y, w, h, fill, outline=None):
        box = [width * (x - w / 2), height * (y - h / 2), width * (x + w / 2), height * (y + h / 2)]
        draw.ellipse(box, fill=fill, outline=outline, width=max(2, width // 240))

    oval(0.5, 0.62, 0.86, 0.64, (232, 226, 214))
    oval(0.5, 0.61, 0.82, 0.60, (252, 250, 244), (60, 110, 150))
    oval(0.44, 0.62, 0.52, 0.38, (240, 176, 52))
    dice = random.Random(2)
    for _ in range(46):
        oval(dice.gauss(0.44, 0.09), dice.gauss(0.62, 0.06), 0.05, 0.02, (250, 206, 110))
    oval(0.73, 0.62, 0.22, 0.26, (255, 255, 250))
    for _ in range(80):
        oval(dice.gauss(0.73, 0.04), dice.gauss(0.62, 0.05), 0.014, 0.008, (238, 234, 220))
    oval(0.36, 0.55, 0.11, 0.12, "white")
    oval(0.36, 0.55, 0.055, 0.06, (246, 190, 60))
    for x, y in ((0.52, 0.54), (0.47, 0.70), (0.40, 0.71)):
        oval(x, y, 0.04, 0.035, (60, 36, 52))
    steam = Image.new("L", picture.size)
    cloud = ImageDraw.Draw(steam)
    for curl in range(3):
        for step in range(40):
            part = step / 40
            x = width * (0.34 + curl * 0.14 + 0.03 * math.sin(part * 7 + curl * 2 + moment * 2 * math.pi))
            y = height * (0.48 - 0.42 * part)
            r = width * (0.012 + 0.03 * part)
            cloud.ellipse([x - r, y - r, x + r, y + r], fill=int(70 * (1 - part)))
    white = Image.new("RGB", picture.size, "white")
    return small(Image.composite(white, picture, steam.filter(ImageFilter.GaussianBlur(width / 90))))


def pot():
    """A sticker: a pot that sends a heart."""
    large = Image.new("RGBA", (1024, 1024))
    draw = ImageDraw.Draw(large)
    draw.polygon([(512, 380), (360, 230), (664, 230)], fill=(226, 62, 87))
    for x in (436, 588):
        draw.ellipse([x - 84, 130, x + 84, 290], fill=(226, 62, 87))
    for x in (150, 874):
        draw.ellipse([x - 80, 540, x + 80, 640], fill=(44, 62, 90), outline="white", width=16)
    draw.rounded_rectangle([190, 470, 834, 920], 120, fill=(44, 62, 90), outline="white", width=20)
    draw.rounded_rectangle([150, 420, 874, 510], 45, fill=(70, 96, 136), outline="white", width=16)
    for x in (400, 624):
        draw.ellipse([x - 40, 610, x + 40, 700], fill="white")
        draw.ellipse([x - 18, 632, x + 22, 680], fill=INK)
    draw.arc([420, 660, 604, 800], 20, 160, fill="white", width=26)
    return large.resize((512, 512), Image.LANCZOS)


def pdf(lines):
    """A page with Helvetica, which every reader has. A line is (size, x, y, words)."""
    text = "".join(f"BT /F {size} Tf {x} {y} Td ({words}) Tj ET\n" for size, x, y, words in lines).encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = (len(objects) + 1, table, len(objects) + 1, len(written))
    return written + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % end


def prices(title, under, rows, foot):
    """A list of prices as a page."""
    lines = [(22, 48, 530, title), (11, 48, 508, under)]
    for place, (what, price) in enumerate(rows):
        y = 460 - place * 28
        lines += [(13, 48, y, what), (13, 310, y, price)]
    return pdf([*lines, (10, 48, 60, foot)])


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


FFMPEG = ["ffmpeg", "-y", "-loglevel", "error", "-bitexact"]
CLEAN = ["-map_metadata", "-1", "-fflags", "+bitexact"]


def melody(notes, target):
    """Notes (hertz, seconds) with a soft end, as MP3."""
    parts, at = [], 0.0
    for hertz, seconds in notes:
        parts.append(f"between(t,{at:.2f},{at + seconds:.2f})*exp(-4*(t-{at:.2f}))*sin(2*PI*{hertz}*t)")
        at += seconds
    source = ["-f", "lavfi", "-i", f"aevalsrc='0.5*({'+'.join(parts)})':d={at + 0.4:.2f}:s=24000"]
    run(*FFMPEG, *source, "-c:a", "libmp3lame", "-b:a", "32k", *CLEAN, target)


def main():
    window().save(HERE / "optica-vitrina.jpg", quality=80)
    rows = [
        ("Montura clásica", "desde S/ 89"),
        ("Montura ligera de titanio", "desde S/ 249"),
        ("Lunas antirreflejo (par)", "S/ 120"),
        ("Lunas con filtro azul (par)", "S/ 150"),
        ("Progresivos (par)", "desde S/ 420"),
        ("Lentes de sol con medida", "desde S/ 199"),
        ("Examen de la vista", "gratis"),
    ]
    foot = "Av. Larco 812, Miraflores. Lunes a sábado, de 10 a 19 h. Documento de ejemplo."
    (HERE / "optica-precios.pdf").write_bytes(prices("Óptica Mirador", "Lista de precios", rows, foot))

    courtyard().save(HERE / "ceiba-patio.jpg", quality=80)
    label().save(HERE / "electro-serie.png", optimize=True)
    popcorn().save(HERE / "cine-palomitas.webp", quality=80, method=6)

    stew().save(HERE / "nena-aji.jpg", quality=80)
    pot().save(HERE / "nena-provecho.webp", quality=80, method=6)
    rows = [
        ("Ají de gallina", "S/ 22"),
        ("Lomo saltado", "S/ 28"),
        ("Arroz con pollo", "S/ 20"),
        ("Causa de atún", "S/ 15"),
        ("Mazamorra morada", "S/ 8"),
        ("Chicha (1 litro)", "S/ 10"),
        ("Reparto", "S/ 6"),
    ]
    foot = "Todos los días, de 12 a 16 h. Documento de ejemplo."
    (HERE / "nena-carta.pdf").write_bytes(prices("La Sazón de Nena", "La carta de la semana", rows, foot))
    melody(
        [(523, 0.3), (659, 0.3), (784, 0.3), (1047, 0.6), (784, 0.3), (880, 0.3), (784, 0.3), (659, 0.3), (523, 0.9)],
        HERE / "nena-cancion.mp3",
    )
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        words = "¡Casero! Tu pedido ya salió de mi cocina, calientito. Gracias por la confianza."
        run("espeak-ng", "-v", "es-419+f3", "-s", "160", "-w", folder / "voice.wav", words)
        opus = ["-ac", "1", "-c:a", "libopus", "-b:a", "24k", "-application", "voip", *CLEAN]
        run(*FFMPEG, "-i", folder / "voice.wav", *opus, HERE / "nena-saludo.ogg")
        for frame in range(45):
            stew((320, 240), frame / 45).save(folder / f"{frame:02}.png")
        pictures = ["-framerate", "15", "-i", folder / "%02d.png"]
        coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "28", "-movflags", "+faststart", *CLEAN]
        run(*FFMPEG, *pictures, "-i", HERE / "nena-cancion.mp3", *coded, "-c:a", "aac", "-b:a", "32k", "-t", "3", HERE / "nena-cocina.mp4")


main()
