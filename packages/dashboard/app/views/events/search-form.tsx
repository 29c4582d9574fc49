import type { TargetedInputEvent } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { status } from '../../data/live.ts';
import { navigate } from '../../data/router.ts';
import { containsFault } from '../../lib/contains-filter.ts';
import { instantOf, isRangeName, localOf, RANGES } from '../../lib/time-range.ts';
import { type EventsRoute, isFiltered, routeTo } from '../../lib/url-state.ts';
import { Icon } from '../../ui/icons.tsx';

type FieldName = 'topic' | 'source' | 'event_id' | 'since' | 'until' | 'contains';
type Errors = Readonly<Partial<Record<FieldName, string>>>;

/** What stands in the form, before it is searched for. */
interface Draft {
  readonly topic: string;
  readonly source: string;
  readonly event_id: string;
  readonly contains: string;
  /** '', the name of a range, or `custom`. */
  readonly time: string;
  /** As `datetime-local` has it. */
  readonly since: string;
  readonly until: string;
}

function draftOf({ topic, source, event_id, contains, range, since, until }: EventsRoute): Draft {
  const time = range !== '' ? range : since !== '' || until !== '' ? 'custom' : '';
  return { topic, source, event_id, contains, time, since: localOf(since), until: localOf(until) };
}

interface SearchFormProps {
  readonly shown: EventsRoute;
  /** What the gateway said is wrong, by parameter. */
  readonly errors: Readonly<Record<string, string>>;
}

export function SearchForm({ shown, errors: ofServer }: SearchFormProps) {
  const [draft, setDraft] = useState(() => draftOf(shown));
  const [ofForm, setOfForm] = useState<Errors>({});
  const { topic, source, event_id, contains, range, since, until } = shown;
  // what is searched for comes from elsewhere too: links, the back button
  useEffect(() => {
    setDraft(draftOf(shown));
    setOfForm({});
  }, [topic, source, event_id, contains, range, since, until]);

  const errors: Errors = { ...ofServer, ...ofForm };
  const set = (change: Partial<Draft>): Draft => {
    const changed = { ...draft, ...change };
    setDraft(changed);
    return changed;
  };
  const search = (from: Draft): void => {
    const faults = faultsOf(from);
    setOfForm(faults);
    if (Object.keys(faults).length === 0)
      navigate({ ...shown, ...searchedFor(from), show_topic: '', show_id: '' });
  };
  const field = (name: FieldName) => ({
    name,
    value: draft[name],
    error: errors[name],
    onInput: (event: TargetedInputEvent<HTMLInputElement>) => {
      set({ [name]: event.currentTarget.value });
      if (ofForm[name] !== undefined) setOfForm({ ...ofForm, [name]: undefined });
    },
  });
  const isSet = isFiltered(shown) || Object.values(draft).some((text) => text !== '');

  return (
    <search aria-label="Search events">
      <form
        class="card search-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          search(draft);
        }}
      >
        <Field
          {...field('topic')}
          label="Topic"
          placeholder="any"
          list={status.value?.topics?.map((one) => one.topic)}
        />
        <Field {...field('source')} label="Source" placeholder="any" />
        <Field {...field('event_id')} label="Event ID" placeholder="any" />
        <TimeSelect
          value={draft.time}
          onChange={(time) => {
            const changed = set({ time });
            if (time !== 'custom') search(changed);
          }}
        />
        {draft.time === 'custom' && (
          <>
            <Field {...field('since')} label="From" type="datetime-local" step="0.001" />
            <Field {...field('until')} label="To" type="datetime-local" step="0.001" />
          </>
        )}
        <Field
          {...field('contains')}
          label="Payload contains"
          placeholder='{"status": "paid"}'
          wide={draft.time !== 'custom'}
          mono
        />
        <div class="search-actions">
          <button type="submit" class="button primary">
            <Icon name="search" size={15} />
            Search
          </button>
          {isSet && (
            <button
              type="button"
              class="button ghost"
              onClick={() => {
                const cleared = routeTo('events', { live: shown.live });
                setDraft(draftOf(cleared));
                setOfForm({});
                navigate(cleared);
              }}
            >
              Clear
            </button>
          )}
        </div>
      </form>
    </search>
  );
}

function faultsOf({ contains, time, since, until }: Draft): Errors {
  const faults: Partial<Record<FieldName, string>> = {};
  const payload = containsFault(contains);
  if (payload !== undefined) faults.contains = payload;
  if (time !== 'custom') return faults;
  const [from, to] = [instantOf(since), instantOf(until)];
  if (since !== '' && from === undefined) faults.since = 'This is no date and time.';
  if (until !== '' && to === undefined) faults.until = 'This is no date and time.';
  if (from !== undefined && to !== undefined && from >= to) faults.until = 'It must be later than From.';
  return faults;
}

function searchedFor({ topic, source, event_id, contains, time, since, until }: Draft) {
  const isCustom = time === 'custom';
  return {
    topic,
    source,
    event_id,
    contains: contains.trim(),
    range: isRangeName(time) ? time : ('' as const),
    since: isCustom ? (instantOf(since) ?? '') : '',
    until: isCustom ? (instantOf(until) ?? '') : '',
  };
}

interface FieldProps {
  readonly name: FieldName;
  readonly label: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onInput: (event: TargetedInputEvent<HTMLInputElement>) => void;
  readonly type?: 'text' | 'datetime-local';
  readonly step?: string;
  readonly placeholder?: string;
  readonly wide?: boolean;
  readonly mono?: boolean;
  /** Values to choose from. */
  readonly list?: readonly string[] | undefined;
}

function Field({
  name,
  label,
  value,
  error,
  onInput,
  type = 'text',
  step,
  placeholder,
  ...look
}: FieldProps) {
  const id = useId();
  const { wide = false, mono = false, list } = look;
  return (
    <div class={`field ${wide ? 'wide' : ''}`}>
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type={type}
        step={step}
        class={mono ? 'mono' : ''}
        value={value}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        list={list === undefined ? undefined : `${id}-list`}
        aria-invalid={error === undefined ? undefined : 'true'}
        aria-describedby={error === undefined ? undefined : `${id}-error`}
        onInput={onInput}
      />
      {list !== undefined && (
        <datalist id={`${id}-list`}>
          {list.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`} data-testid={`error-${name}`} role="alert">
          <Icon name="alert" size={13} />
          {error}
        </p>
      )}
    </div>
  );
}

function TimeSelect({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Event time</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">Any time</option>
        {Object.entries(RANGES).map(([name, { label }]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
        <option value="custom">Custom</option>
      </select>
    </div>
  );
}
