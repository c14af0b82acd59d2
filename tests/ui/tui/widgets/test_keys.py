from tlscope_ui.tui.models.actions import of
from tlscope_ui.tui.widgets.keys import bound


def test_bindings_come_out_of_the_table():
    """With what they call, and the name by which settings know them; what has no key is bound to none."""
    (unfold, *_), (binding, *_) = of("RowView"), bound("RowView")
    assert (unfold.keys, unfold.call, unfold.title, unfold.id) == (
        binding.key,
        binding.action,
        binding.description,
        binding.id,
    )
    assert "refuse" in {action.id for action in of("Main")}
    assert "refuse" not in {binding.id for binding in bound("Main")}
