"""How the tags of the two musicnn networks become the labels of the bundled classifiers.

A label is the mean of the tags listed for it. Before that every tag's logit is moved so that its
threshold lies at 0 (probability 0.5): a rare tag never comes near 0.5 by itself (listeners left
most songs untagged), so what counts as "heard" must grow with how common the tag is. It is
``height * sqrt(share / 0.12)``, share being the tag's share of the training songs; a square root,
because the full correction would put the rarest tag above the fitting one. The height is 0.25; for
moods, on which listeners agree less, 0.13.

The MSD tags are what Last.fm users say of rock and pop; MagnaTagATune (MTT) knows what those
seldom tag: classical music, opera, choirs, new age, Indian music, and techno by that name. Where
both have a tag for one thing, both are asked. MTT hears techno in loud rock too (10 % of the
windows of Muldjord's metal, 28 % of Sectoid's rock): with MSD's "electronic" it is 2 % and 8 %.
"""

import math

MTT = [
    "guitar",
    "classical",
    "slow",
    "techno",
    "strings",
    "drums",
    "electronic",
    "rock",
    "fast",
    "piano",
    "ambient",
    "beat",
    "violin",
    "vocal",
    "synth",
    "female",
    "indian",
    "opera",
    "male",
    "singing",
    "vocals",
    "no vocals",
    "harpsichord",
    "loud",
    "quiet",
    "flute",
    "woman",
    "male vocal",
    "no vocal",
    "pop",
    "soft",
    "sitar",
    "solo",
    "man",
    "classic",
    "choir",
    "voice",
    "new age",
    "dance",
    "male voice",
    "female vocal",
    "beats",
    "harp",
    "cello",
    "no voice",
    "weird",
    "country",
    "metal",
    "female voice",
    "choral",
]
MSD = [
    "rock",
    "pop",
    "alternative",
    "indie",
    "electronic",
    "female vocalists",
    "dance",
    "00s",
    "alternative rock",
    "jazz",
    "beautiful",
    "metal",
    "chillout",
    "male vocalists",
    "classic rock",
    "soul",
    "indie rock",
    "Mellow",
    "electronica",
    "80s",
    "folk",
    "90s",
    "chill",
    "instrumental",
    "punk",
    "oldies",
    "blues",
    "hard rock",
    "ambient",
    "acoustic",
    "experimental",
    "female vocalist",
    "guitar",
    "Hip-Hop",
    "70s",
    "party",
    "country",
    "easy listening",
    "sexy",
    "catchy",
    "funk",
    "electro",
    "heavy metal",
    "Progressive rock",
    "60s",
    "rnb",
    "indie pop",
    "sad",
    "House",
    "happy",
]
TAGS = {"MTT": MTT, "MSD": MSD}

# Both lists go from the most to the least common tag; between these ranks shares fall smoothly.
_SHARES = {
    "MTT": {0: 0.19, 1: 0.165, 4: 0.105, 9: 0.079, 16: 0.054, 25: 0.041, 34: 0.03, 49: 0.019},
    "MSD": {
        0: 0.42,
        1: 0.29,
        3: 0.20,
        5: 0.175,
        9: 0.125,
        15: 0.096,
        25: 0.067,
        36: 0.05,
        49: 0.039,
    },
}

GENRE = {
    "rock": ["MSD rock", "MTT rock"],
    "alternative": ["MSD alternative", "MSD alternative rock"],
    "indie": ["MSD indie", "MSD indie rock", "MSD indie pop"],
    "metal": ["MSD metal", "MSD heavy metal", "MTT metal"],
    "punk": ["MSD punk"],
    "pop": ["MSD pop", "MTT pop"],
    "electronic": ["MSD electronic", "MSD electronica", "MTT electronic"],
    "techno": ["MTT techno", "MSD electronic"],
    "house": ["MSD House"],
    "dance": ["MSD dance", "MTT dance"],
    "ambient": ["MSD ambient", "MTT ambient"],
    "new age": ["MTT new age"],
    "hip-hop": ["MSD Hip-Hop"],
    "soul and r&b": ["MSD soul", "MSD rnb"],
    "funk": ["MSD funk"],
    "jazz": ["MSD jazz"],
    "blues": ["MSD blues"],
    "country": ["MSD country", "MTT country"],
    "folk": ["MSD folk"],
    "classical": ["MTT classical", "MTT classic"],
    "opera": ["MTT opera"],
    "choral": ["MTT choir", "MTT choral"],
    "indian": ["MTT indian"],
    "experimental": ["MSD experimental"],
}
MOOD = {
    "happy": ["MSD happy"],
    "sad": ["MSD sad"],
    "mellow": ["MSD Mellow", "MTT soft"],
    "chill": ["MSD chill", "MSD chillout"],
    "calm": ["MTT slow", "MTT quiet"],
    "energetic": ["MTT fast", "MTT loud"],
    "party": ["MSD party", "MSD dance"],
    "beautiful": ["MSD beautiful"],
    "sensual": ["MSD sexy"],
    "catchy": ["MSD catchy"],
    "weird": ["MTT weird", "MSD experimental"],
}
INSTRUMENTS = {
    "guitar": ["MTT guitar"],
    "piano": ["MTT piano"],
    "violin": ["MTT violin"],
    "cello": ["MTT cello"],
    "strings": ["MTT strings"],
    "drums": ["MTT drums", "MTT beat"],
    "flute": ["MTT flute"],
    "harp": ["MTT harp"],
    "harpsichord": ["MTT harpsichord"],
    "sitar": ["MTT sitar"],
    "synth": ["MTT synth"],
    "voice": ["MTT vocal", "MTT vocals", "MTT singing"],
    "female voice": ["MTT female vocal", "MTT female voice", "MTT female", "MTT woman"],
    "male voice": ["MTT male vocal", "MTT male voice", "MTT male", "MTT man"],
    "choir": ["MTT choir", "MTT choral"],
}


def threshold(collection: str, rank: int, height: float) -> float:
    """Probability at which a tag counts as heard."""
    known = _SHARES[collection]
    low = max(known_rank for known_rank in known if known_rank <= rank)
    high = min(known_rank for known_rank in known if known_rank >= rank)
    part = (rank - low) / (high - low) if high > low else 0.0
    share = known[low] ** (1 - part) * known[high] ** part
    return height * math.sqrt(share / 0.12)


def mix(
    labels: dict[str, list[str]], collections: list[str], height: float
) -> tuple[list[list[float]], list[float]]:
    """Weights of all tags (labels x tags of the collections, joined) and bias of each label."""
    columns = [f"{c} {tag}" for c in collections for tag in TAGS[c]]
    cuts = [threshold(c, rank, height) for c in collections for rank in range(len(TAGS[c]))]
    weights, biases = [], []
    for tags in labels.values():
        row = [0.0] * len(columns)
        for tag in tags:
            row[columns.index(tag)] += 1.0 / len(tags)
        weights.append(row)
        cut_logits = (w * math.log(cut / (1 - cut)) for w, cut in zip(row, cuts, strict=True) if w)
        biases.append(-sum(cut_logits))
    return weights, biases
