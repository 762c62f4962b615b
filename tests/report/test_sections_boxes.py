"""What a report says of a detector whose answers are known."""

import numpy as np
import pytest
from objectives import tiny_detection

from ftlib.evidence.run import Run
from ftlib.report.page import PageSection
from ftlib.report.scored_answers import ScoredAnswers
from ftlib.report.sections_boxes import DetectionReport, boxes_on_images, class_by_class, mistakes_by_kind


@pytest.fixture(scope="module")
def answers():
    """Answers that find every object but the first, see a square that is not there, and place one box badly."""
    task = tiny_detection.task()
    detections = np.zeros((len(task.test), 101, 6), "float32")
    for image, boxes in enumerate(task.test.targets):
        for place, (*corners, class_index) in enumerate(boxes[1:] if image == 1 else boxes, start=1):
            detections[image, place, :4] = corners
            detections[image, place, 4 + int(class_index)] = 0.9
    detections[0, 50] = [2, 2, 12, 12, 0, 0.8]
    detections[2, 1, :4] += 6
    run = Run(None, "made", 0, {"task": {"name": "made"}}, [], [], [], [], task.class_names, task)
    for part in ("validation", "test"):
        run.set_predictions(part, detections)
    return ScoredAnswers.of(run)


def test_the_lead_and_the_remarks(answers):
    objects = sum(map(len, answers.split.targets))
    lead = DetectionReport().lead(answers.run, answers)
    assert lead.startswith(f"Shown 24 images, the network finds {objects - 2} of {objects} objects in 12 new ones;")
    remarks = " ".join(DetectionReport().remarks(answers))
    assert "Weakest at" in remarks and "Few test objects" in remarks and "most frequent mistake" in remarks
    assert DetectionReport().purpose(answers.run) == "a model that finds disc, square"


def test_the_sections_draw_and_count(answers):
    page = "\n".join([*class_by_class(answers), *boxes_on_images(answers), *mistakes_by_kind(answers)])
    for words in ("AP at 0.5", "White frames", "Background: a box where there is no object; all.", "missed: "):
        assert words in page
    assert page.count("<img") >= 5
    assert all(isinstance(section, PageSection) for section in DetectionReport().sections(answers))


def test_the_data_are_counted_and_shown(answers):
    table = DetectionReport().count_table(answers.run.task)
    assert "of them without boxes" in table and "disc" in table
    caption, cards = DetectionReport().examples(answers.run.task)
    assert len(cards) == 8 and cards[0].lines[0] == "no boxes" and "boxes" in caption


def test_no_mistake_is_said(answers):
    perfect = np.zeros((len(answers.split), 101, 6), "float32")
    for image, boxes in enumerate(answers.split.targets):
        for place, (*corners, class_index) in enumerate(boxes, start=1):
            perfect[image, place, :4] = corners
            perfect[image, place, 4 + int(class_index)] = 0.9
    answers.run.set_predictions("test", perfect)
    assert "None in 12 test images" in "".join(mistakes_by_kind(ScoredAnswers.of(answers.run)))
