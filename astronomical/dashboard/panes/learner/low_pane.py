"""Style of the learning pane where it is wide and low, as in the layout for labelling: answers first, curve small."""

from __future__ import annotations

__all__ = ["LOW_PANEL_STYLE", "LOW_PANE_STYLE", "LOW_TABS_STYLE", "LOW_TEXT_STYLE", "PANE_STYLE"]

_LOW = "@container (min-aspect-ratio: 3/1)"

#: Height of the tabs of the classes. In a low pane, the plots extend beside them.
TABS_PX = 44

#: Style of the row of the label panel (class ``board``) and the plots (class ``views``),
#: or the form of the test set (class ``side``).
LOW_PANE_STYLE = f"""
:host {{ container-type: size; }}
{_LOW} {{
  .board {{ flex: 1 1 0 !important; width: auto !important; min-width: 0; }}
  .side {{ flex: 0 0 38% !important; min-width: 0; }}
  .views {{
    flex: 0 0 clamp(240px, 38%, 560px) !important; min-width: 0; overflow: hidden auto;
    margin-top: -{TABS_PX}px !important; height: calc(100% + {TABS_PX}px) !important; max-height: none !important;
  }}
}}
/* Views that are read rather than looked at while labelling get more room. */
{_LOW} {{ .views.wide {{ flex-basis: 60% !important; }} }}
/* The views of a learner, where there is no room for all of them. */
.views > :first-child {{ overflow: auto hidden; scrollbar-width: thin; }}
"""

#: Style of the label panel.
LOW_PANEL_STYLE = f"""
{_LOW} {{
  .label-panel {{
    display: grid; grid-template-columns: minmax(0, auto) minmax(40%, 1fr); gap: 3px 10px; padding: 0 2px;
  }}
  .label-panel > * {{ grid-column: 1 / -1; margin: 0; }}
  .label-panel > .status {{ grid-column: 1; min-height: 0; }}
  .label-panel > .notice {{ grid-column: 2; align-self: start; }}
  .label-panel > .answers, .label-panel > .answers.many {{
    grid-template-columns: repeat(auto-fit, minmax(108px, 1fr)); gap: 6px;
  }}
  .label-panel > .answers .answer {{ height: clamp(34px, 22cqh, 92px); font-size: 17px; padding: 2px 11px; }}
  .label-panel > .answers.many {{ grid-template-columns: repeat(auto-fill, minmax(96px, 1fr)); }}
  .label-panel > .answers.many .answer {{ height: clamp(32px, 16cqh, 48px); font-size: 14px; padding: 1px 8px; }}
  .label-panel > .answers.many .answer[data-event=unsure] {{
    position: sticky; bottom: 0; grid-column: 1 / -1;
  }}
  .label-panel > .actions {{ padding-bottom: 0; }}
  .label-panel > .actions .answer {{ flex: 0 1 auto; padding: 1px 9px; }}
  /* Beside views that take most of the width, all answers stay in view. */
  @container (max-width: 460px) {{
    .label-panel > .status {{ max-height: 22px; overflow: hidden; }}
    .label-panel > .notice {{ min-height: 22px; max-height: 22px; padding: 0 8px; overflow: hidden; }}
    .label-panel > .notice .question {{ white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }}
    .label-panel > .notice .why {{ display: none; }}
    .label-panel > .answers, .label-panel > .answers.many {{
      grid-template-columns: repeat(auto-fit, minmax(92px, 1fr)); gap: 4px;
    }}
    .label-panel > .answers .answer, .label-panel > .answers.many .answer {{
      height: clamp(30px, 18cqh, 48px); font-size: 14px; padding: 1px 8px;
    }}
  }}
}}
"""

#: Style of the tabs of the classes: they and the menu after them end where the plots begin. Views that get more room
#: (class ``wide``) leave less.
LOW_TABS_STYLE = """
:host { max-width: calc(100cqw - 84px); overflow: auto hidden; scrollbar-width: thin; }
@container (min-aspect-ratio: 2/1) {
  :host { max-width: calc(62cqw - 84px); }
  :host(.wide) { max-width: calc(40cqw - 84px); }
}
"""

#: Style of the whole pane, whose shape decides how wide the tabs may be.
PANE_STYLE = ":host { container-type: size; }"

#: Style of texts that are left out in a low pane.
LOW_TEXT_STYLE = f"{_LOW} {{ .in-high-panes {{ display: none; }} }}"
