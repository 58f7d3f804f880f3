import type { EventSubject, SourceEvent } from "../source/source.ts";

// What the events of sources leave behind: marks on what is to be looked at again. A mark says no more than that, so ten
// events about one person are one mark, and it does not matter in which order they came.

/** The addresses that a source sends events to: those of its contacts, and those of the app itself. */
export type SourceDoor = "contacts" | "app";

/** A person who is to be looked at again. */
export interface PersonMark {
  readonly key: string;
  /** An event said that he is no more. */
  readonly isGone: boolean;
  /** Another one with each event: what came after the look began is a mark of its own. */
  readonly stamp: string;
}

/** What is marked of a source. */
export interface MarkedSource {
  readonly sourceId: string;
  readonly people: number;
  /** Departments, tags, and events that do not tell what they are about. */
  readonly others: number;
  /** All that was marked was gathered: a whole sync is to look at it. */
  readonly isGathered: boolean;
  /** When the first of it was marked. */
  readonly since: number;
}

export interface MarkStore {
  /** An event came: marks what it is about, and notes when and what name it told of, in one transaction. */
  keepEvent(
    sourceId: string,
    door: SourceDoor,
    subjects: readonly EventSubject[],
    renamed?: SourceEvent["renamed"],
  ): Promise<void>;
  /** When the last event came by which address; null: none ever. */
  lastEvents(sourceId: string): Promise<Readonly<Record<SourceDoor, number | null>>>;
  /** The sources of which something is marked. */
  markedSources(): Promise<readonly MarkedSource[]>;
  /** The people of a source that are marked, those first that have waited longest. */
  markedPeople(sourceId: string, limit: number): Promise<readonly PersonMark[]>;
  /**
   * Puts one mark in the place of all that a source has, for a sync that looks at everything; null: it has none. That
   * somebody is gone is parked: should the sync not be whole, it says nothing of him.
   */
  gatherMarks(sourceId: string): Promise<string | null>;
  /** Nobody can tell what is to be looked at: everything is. */
  markEverything(sourceId: string): Promise<void>;
  /**
   * These marks say that somebody is gone, and nothing could be concluded: they lead to nothing, and are kept until a sync of
   * everything has settled them, another event comes, or {@link reviveGone}.
   */
  parkGone(sourceId: string, stamps: readonly string[]): Promise<void>;
  /** How many marks are parked. */
  countParked(sourceId: string): Promise<number>;
  /** A sync of everything was whole: whoever is parked was found there, or has left. */
  settleGone(sourceId: string): Promise<void>;
  /** Those who are parked are looked at once more, one by one. */
  reviveGone(sourceId: string): Promise<void>;
  /** What was marked was looked at. Marks with another stamp stay. */
  dropMarks(sourceId: string, stamps: readonly string[]): Promise<void>;
}
