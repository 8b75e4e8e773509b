"""Who may decide on what is held: people by name, the members of groups, those who were handed a seat."""

from typing import Self

from pydantic import Field

from signoff.domain.model import Value, identity


class Panel(Value):
    """Who may decide now. It begins as the policy and the deployment say, and changes as seats are handed over.

    Where it `is_open`, anybody may. `groups` are those that the policy names, with their members as the deployment's
    settings had them when the draft was held. `seats` are people by name, `left` those who handed their seat over.
    """

    is_open: bool = True
    seats: tuple[str, ...] = ()
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    left: tuple[str, ...] = ()

    def admits(self, who: str) -> bool:
        """Whether somebody may decide. What permits compares letter by letter."""
        if identity(who) in {identity(name) for name in self.left}:
            return False
        return self.is_open or who in self.seats or any(who in members for members in self.groups.values())

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who may decide, each once; nobody in particular where anybody may."""
        named = [*self.seats, *(name for members in self.groups.values() for name in members)]
        return tuple(name for name in dict.fromkeys(named) if self.admits(name))

    def handed_over(self, by: str, to: str) -> Self:
        """Give somebody's seat to somebody else."""
        left = tuple(name for name in (*self.left, by) if identity(name) != identity(to))
        seats = tuple(name for name in (*self.seats, to) if name != by)
        return self.model_copy(update={"seats": seats, "left": left})

    def joined_by(self, people: tuple[str, ...], groups: dict[str, tuple[str, ...]]) -> Self:
        """Let more people decide, those who handed a seat over among them; where anybody may, nothing changes."""
        if self.is_open:
            return self
        joining = {identity(name) for names in (people, *groups.values()) for name in names}
        left = tuple(name for name in self.left if identity(name) not in joining)
        seats = tuple(dict.fromkeys((*self.seats, *people)))
        return self.model_copy(update={"seats": seats, "groups": {**self.groups, **groups}, "left": left})


class House(Value):
    """What the deployment says of reviews, as its worker told when a draft was to be held.

    `groups` are the members of every group that the job's policy names. `is_attested` says that a decision counts
    only with the gateway's word for it, `is_noticed` that people are told of what they have to do.
    """

    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    is_attested: bool = False
    is_noticed: bool = False
