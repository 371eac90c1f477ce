"""WAV files, telephone sound, and measures of likeness between what was said and what was recorded."""
import math
import re
import wave

import numpy

RATE = 8000


def read_wav(path):
    """-> samples as floats in -1..1, shape (frames, channels), and the rate."""
    with wave.open(str(path), "rb") as file:
        assert file.getsampwidth() == 2, f"{path}: not 16 bit"
        raw = numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float) / 32768
        return raw.reshape(-1, file.getnchannels()), file.getframerate()


def write_wav(path, samples, rate=RATE):
    """samples: one channel of floats, or (frames, channels)."""
    samples = numpy.atleast_2d(numpy.asarray(samples, dtype=float).T).T
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((numpy.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def resample(samples, rate, target=RATE):
    """Band-limited, by the spectrum: good for whole clips in a test."""
    if rate == target:
        return samples
    step = rate // math.gcd(rate, target)
    samples = samples[:len(samples) // step * step]  # whole periods: a rounded count would stretch the sound a little
    count = len(samples) * target // rate
    spectrum = numpy.fft.rfft(samples)
    keep = min(len(spectrum), count // 2 + 1)
    out = numpy.zeros(count // 2 + 1, dtype=complex)
    out[:keep] = spectrum[:keep]
    return numpy.fft.irfft(out, count) * (count / len(samples))


def silence(seconds):
    return numpy.zeros(int(seconds * RATE))


def tone(frequency, seconds, level=0.3):
    return level * numpy.sin(2 * numpy.pi * frequency * numpy.arange(int(seconds * RATE)) / RATE)


def babble(seconds, seed):
    """Noise shaped like speech (syllables of band-limited noise): no two places of it are alike, so that it aligns in one way."""
    random = numpy.random.default_rng(seed)
    count = int(seconds * RATE)
    spectrum = numpy.fft.rfft(random.standard_normal(count))
    frequencies = numpy.fft.rfftfreq(count, 1 / RATE)
    spectrum[(frequencies < 300) | (frequencies > 3000)] = 0
    noise = numpy.fft.irfft(spectrum, count)
    syllables = numpy.repeat(random.uniform(0.1, 1.0, count // 1600 + 1), 1600)[:count]
    noise *= syllables
    return 0.4 * noise / numpy.abs(noise).max()


def best_match(sent, heard):
    """The normalised cross-correlation at the best place: -> (likeness 0..1, start of `heard` within `sent`, in seconds).
    Places lie a quarter of a sample apart: resampling on the way may shift the sound by a part of one."""
    sent, heard = numpy.asarray(sent, dtype=float), numpy.asarray(heard, dtype=float)
    if len(heard) < RATE // 4 or not heard.any() or not sent.any():
        return 0.0, 0.0
    fine = 4 * RATE
    sent, heard = resample(sent, RATE, fine), resample(heard, RATE, fine)
    size = 1 << int(numpy.ceil(numpy.log2(len(sent) + len(heard))))
    cross = numpy.fft.irfft(numpy.fft.rfft(sent, size) * numpy.conj(numpy.fft.rfft(heard, size)), size)
    lags = numpy.concatenate([cross[:len(sent)], cross[-len(heard):]])
    at = int(numpy.argmax(lags))
    lag = at if at < len(sent) else at - len(sent) - len(heard)
    start, end = max(lag, 0), min(lag + len(heard), len(sent))
    a, b = sent[start:end], heard[start - lag:end - lag]
    scale = numpy.sqrt((a @ a) * (b @ b))
    return (float(a @ b / scale) if scale else 0.0), lag / fine


def loudness(samples):
    return float(numpy.sqrt(numpy.mean(numpy.square(samples)))) if len(samples) else 0.0


def power_at(samples, frequency):
    """How much of the sound is that tone, 0..1."""
    if not len(samples) or not numpy.any(samples):
        return 0.0
    spectrum = numpy.abs(numpy.fft.rfft(samples * numpy.hanning(len(samples)))) ** 2
    frequencies = numpy.fft.rfftfreq(len(samples), 1 / RATE)
    return float(spectrum[numpy.abs(frequencies - frequency) < 15].sum() / spectrum.sum())


def words(text):
    return re.sub(r"[^a-z0-9' ]+", " ", text.lower().replace("’", "'")).split()


def word_error_rate(reference, heard):
    """Edits (insert, delete, replace) per word of the reference."""
    a, b = words(reference), words(heard)
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1] / max(len(a), 1)
