"""How `nlu.linear` and `nlu.decision` learn: support vectors, Bayes, and what shares mean."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any, Dict, Iterator, List, Optional, Sequence, Set, Text, Tuple

import numpy as np
from nlu.decision import OPENING, Decider, signs
from nlu.grams import LONGEST, Alphabet, Keys, of_run, runs
from nlu.linear import MOST, Linear
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

#: How freely the support vectors follow the examples, and of which runs: so long ones at most, in
#: so many texts at least; in how many texts the longest runs stand that are known at all; what an
#: unseen run counts for Bayes; in how many parts calibration cuts; how far a doubtful text leans
#: towards a ticket (see `nlu.decision.Decider`).
DEFAULTS: Dict[Text, Any] = {
    "C": 1.0, "longest": 2, "rare": 1, "known": 1, "smooth": 0.05, "folds": 5, "leaning": 0.0,
    "random_seed": 2109,
}  # fmt: skip
#: What decides before anything was learnt: the first of the signs.
UNLEARNT = np.array([[1.0], [0], [0], [0], [0]], np.float32), np.array([1, 0], np.float32)
#: How many nets judge, of how many units, in how many rounds over the examples.
NETS, UNITS, ROUNDS = 5, 16, 40
#: Weights are kept as whole numbers from -127 to 127.
FINEST = 127
#: What speaks for a label that was not learnt.
UNLIKELY = np.float32(-1.0)
#: What both opinions are multiplied by where too few examples tell.
SCALE = (4.0, 0.05)


def fit(texts: Sequence[Text], labels: Sequence[Text], config: Dict[Text, Any]) -> Linear:
    """Learn labels from folded texts; the shares are calibrated on texts left out of learning."""
    model = learn(texts, labels, config)
    support, bayes = np.zeros((2, len(texts), len(model.labels)), np.float32)
    for taught, left in cuts(labels, config):
        part = learn(_at(texts, taught), _at(labels, taught), config)
        support[left], bayes[left] = part.scores(_at(texts, left))
    model.scale = calibrated(support, bayes, model.labels, labels)
    return model


def fit_decider(
    texts: Sequence[Text],
    intents: Sequence[Text],
    categories: Sequence[Optional[Text]],
    config: Dict[Text, Any],
) -> Decider:
    """Learn intents and categories, and on texts left out of learning when to open a ticket."""
    about = [at for at, category in enumerate(categories) if category]
    model = Decider(
        learn(texts, intents, config),
        learn(_at(texts, about), _at(categories, about), config),
        *UNLEARNT,
        float(config["leaning"]),
    )
    support, bayes = np.zeros((2, len(texts), len(model.intents.labels)), np.float32)
    themes, rare_themes = np.full((2, len(texts), len(model.categories.labels)), UNLIKELY)
    for taught, left in cuts(intents, config):
        some, named = _at(texts, left), [at for at in taught if categories[at]]
        support[left], bayes[left] = learn(_at(texts, taught), _at(intents, taught), config).scores(
            some
        )
        about_left = learn(_at(texts, named), _at(categories, named), config)
        # a rare category may be missing from what was learnt: nothing speaks for it then
        columns = [model.categories.labels.index(label) for label in about_left.labels]
        places = np.ix_(left, columns)
        themes[places], rare_themes[places] = about_left.scores(some)
    model.intents.scale = calibrated(support, bayes, model.intents.labels, intents)
    model.categories.scale = calibrated(
        themes[about], rare_themes[about], model.categories.labels, _at(categories, about)
    )
    opening = np.array([label in OPENING for label in model.intents.labels])
    told = signs(opening, model.intents.together(support, bayes), bayes, themes, texts)
    opens = np.array([intent in OPENING for intent in intents])
    model.hidden, model.weights = judge(told, opens, int(config["random_seed"]))
    return model


def judge(told: Any, opens: Any, seed: int) -> Tuple[Any, Any]:
    """Learn from the signs of texts whether a ticket is to be opened: several small nets, as one.

    Each begins elsewhere, and their mean is steadier than any of them.
    """
    scaled = StandardScaler().fit(told)
    hidden, weights, constant = [], [], 0.0
    for number in range(NETS):
        net = MLPClassifier(
            (UNITS,), alpha=1e-3, learning_rate_init=0.005, max_iter=ROUNDS,
            batch_size=min(512, len(told)), random_state=seed + number,
        )  # fmt: skip
        with warnings.catch_warnings():
            # so many rounds and no more: what is gained by others is not worth their time
            warnings.simplefilter("ignore", ConvergenceWarning)
            net.fit(scaled.transform(told), opens)
        first, second = net.coefs_
        first = first / scaled.scale_[:, None]
        hidden.append(np.vstack([first, net.intercepts_[0] - scaled.mean_ @ first]))
        weights.append(second[:, 0] / NETS)
        constant += float(net.intercepts_[1][0]) / NETS
    return (
        np.hstack(hidden).astype(np.float32),
        np.append(np.concatenate(weights), constant).astype(np.float32),
    )


def learn(texts: Sequence[Text], labels: Sequence[Text], config: Dict[Text, Any]) -> Linear:
    """Learn labels from folded texts, with shares that nothing was done about yet."""
    names = sorted(set(labels))
    kept = often(texts, int(config["known"]))
    counter = CountVectorizer(
        analyzer=lambda text: kept.intersection(runs(text)), binary=True, dtype=np.int32
    )
    seen = counter.fit_transform(texts)
    of_label = np.array([names.index(label) for label in labels])
    counts = np.stack([np.asarray(seen[of_label == at].sum(0))[0] for at in range(len(names))], 1)

    longest = int(config["longest"])
    weigher = TfidfVectorizer(
        analyzer=lambda text: [run for run in runs(text) if len(run) <= longest and run in kept],
        sublinear_tf=True,
        min_df=int(config["rare"]),
    )
    weighed = weigher.fit_transform(texts)
    machine = LinearSVC(C=float(config["C"]), random_state=int(config["random_seed"]))
    machine.fit(weighed, labels)
    weights, intercept = _both(machine.coef_), _both(machine.intercept_[:, None])[:, 0]
    step = np.maximum(np.abs(weights).max(axis=1), 1e-9) / FINEST

    alphabet = Alphabet("".join(counter.vocabulary_))
    known = sorted((of_run(alphabet, run), run) for run in counter.vocabulary_)
    places = np.array([counter.vocabulary_[run] for _, run in known])
    rare = len(weigher.vocabulary_)
    return Linear(
        labels=names,
        alphabet=alphabet,
        keys=Keys(np.array([key for key, _ in known], np.uint64)),
        counts=np.minimum(counts[places], MOST).astype(np.uint16),
        row=np.array([weigher.vocabulary_.get(run, rare) for _, run in known], np.int32),
        idf=weigher.idf_.astype(np.float32),
        weights=np.rint(weights / step[:, None]).T.astype(np.int8),
        step=step.astype(np.float32),
        intercept=intercept.astype(np.float32),
        smooth=float(config["smooth"]),
        scale=SCALE,
    )


def often(texts: Sequence[Text], least: int) -> Set[Text]:
    """The runs of texts; of the longest, which are most of all, those in so many texts at least.

    One that a single text has says little of others, and three of four are of this kind.
    """
    seen = Counter(run for text in texts for run in set(runs(text)))
    return {run for run, times in seen.items() if len(run) < LONGEST or times >= least}


def _both(of_machine: Any) -> Any:
    """A row for each label; of two labels the machine has but one, of the second."""
    return np.concatenate([-of_machine, of_machine]) if len(of_machine) == 1 else of_machine


def cuts(labels: Sequence[Text], config: Dict[Text, Any]) -> Iterator[Tuple[List[int], List[int]]]:
    """Each time most of the texts, to learn from, and the rest, each text once."""
    shuffled = StratifiedKFold(
        int(config["folds"]), shuffle=True, random_state=int(config["random_seed"])
    )
    for taught, left in shuffled.split(np.zeros(len(labels)), labels):
        yield taught.tolist(), left.tolist()


def calibrated(
    support: Any, bayes: Any, names: Sequence[Text], labels: Sequence[Text]
) -> Tuple[float, float]:
    """The scale with which these scores of texts that were left out are likeliest to be right."""
    right = np.array([names.index(label) for label in labels])

    def unlikely(scale: List[float]) -> float:
        scores = scale[0] * support + scale[1] * bayes
        own = scores[np.arange(len(right)), right]
        return float(np.mean(logsumexp(scores, axis=1) - own))

    found = minimize(unlikely, SCALE, method="Nelder-Mead").x
    return float(found[0]), float(found[1])


def _at(values: Sequence[Any], places: Sequence[int]) -> List[Any]:
    return [values[at] for at in places]
