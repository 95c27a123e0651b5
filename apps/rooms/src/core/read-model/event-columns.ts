const OWN_COLUMNS = `
  e.room_id, r.version, e.pos, e.idx, e.event_id, e.pdu, e.txn,
  d.event_id as redaction_id, d.pdu as redaction_pdu`;

const OWN_JOINS = `
  join room r on r.room_id = e.room_id
  left join room_event d on d.event_id = e.redacted_by`;

/** Columns of `EventRow`; to be used with `EVENT_JOINS` after a `room_event e`. */
export const EVENT_COLUMNS = `${OWN_COLUMNS},
  p.event_id as replaced_id, p.pos as replaced_pos, p.pdu as replaced_pdu, p.redacted_by is not null as replaced_redacted`;

/** The room, the redaction and the state event before; each found by an index, the last for state events only. */
export const EVENT_JOINS = `${OWN_JOINS}
  left join lateral (
    select b.event_id, b.pos, b.pdu, b.redacted_by
    from room_state s join room_event b on b.room_id = s.room_id and b.pos = s.pos
    where e.state_key is not null
      and s.room_id = e.room_id and s.type = e.type and s.state_key = e.state_key and s.pos < e.pos
    order by s.pos desc limit 1
  ) p on true`;

/** The same without what an event took the place of: for lists of state, which may be long. */
export const STATE_COLUMNS = `${OWN_COLUMNS},
  null as replaced_id, null as replaced_pos, null as replaced_pdu, null as replaced_redacted`;
export const STATE_JOINS = OWN_JOINS;
