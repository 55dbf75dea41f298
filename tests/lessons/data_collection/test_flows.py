"""The diagrams of the lessons on data collection: each number stands where it was measured."""

from lessons.data_collection.flows import crowd_flow, deletion_flow


def test_a_crowd_judges_by_its_own_labels_and_the_truth_by_true_ones():
    text = repr(crowd_flow(96.2, 78.7))
    assert "in report: 96 % right" in text
    assert "in truth: 79 % right" in text


def test_a_deletion_shows_whom_the_file_still_holds_and_what_either_model_tells_of_them():
    text = repr(deletion_flow({"deleted": 5, "consent withdrawn": 7, "too old": 9}, (98.1, 74.4)))
    assert "in training file: 5 deleted people, 7 without consent, 9 too old" in text
    assert "in model: on the deleted AUC 98 % by the file, 74 % by the register" in text
