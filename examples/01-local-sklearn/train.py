"""Trains the classifier on two thirds of scikit-learn's handwritten digits; keeps the last third for the records.

Usage: train.py FOLDER        writes FOLDER/model.joblib and FOLDER/held-out.json
"""

import json
import sys
from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

SEED = 42


def main(folder: Path) -> None:
    digits = load_digits()
    train_pixels, held_out_pixels, train_labels, held_out_labels = train_test_split(
        digits.data, digits.target, test_size=1 / 3, stratify=digits.target, random_state=SEED
    )
    classifier = LogisticRegression(C=0.01, max_iter=1000).fit(train_pixels, train_labels)
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(classifier, folder / "model.joblib")
    held_out = [
        {"pixels": pixels, "label": label}
        for pixels, label in zip(held_out_pixels.astype(int).tolist(), held_out_labels.tolist(), strict=True)
    ]
    (folder / "held-out.json").write_text(json.dumps(held_out))
    print(f"trained on {len(train_labels):,} digits, {len(held_out):,} held out")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
