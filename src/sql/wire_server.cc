// The server's half of WireParser: what each answer means for what was asked.
#include <algorithm>
#include <string>
#include <utility>

#include "sql/value.h"
#include "sql/wire.h"

namespace hone::sql {
namespace {

constexpr int64_t kDescriptionBytes = int64_t{1} << 18;
constexpr int64_t kErrorBytes = 2048;
constexpr int64_t kRowBytes = int64_t{1} << 16;
constexpr int64_t kTracedRows = 200;     // whole
constexpr int64_t kTracedKeys = 64'000;  // of so many rows the first column, and some of them whole
constexpr size_t kTracedCells = 8192;    // beside those
constexpr size_t kMaxStatementsOfTrip = 100'000;

// Whether all values of a row are kept, by how many came before it: the rows that an answer lists may be in the middle.
bool IsTracedWhole(int64_t before) {
  constexpr int64_t kDense = 4000;
  return before < kTracedRows || (before < kTracedKeys && before % (before < kDense ? 16 : 64) == 0);
}

}  // namespace

int64_t WireParser::KeepOfServer(char type, uint32_t) const {
  switch (type) {
    case 'D':
      if (!details_) return 0;
      if (current_.rows < kTracedRows) return kRowBytes;
      // As long as the first column tells rows apart.
      if (current_.rows >= kTracedKeys || current_.keys < current_.rows) return 0;
      // The number of columns and the first one.
      return IsTracedWhole(current_.rows) ? kRowBytes : 2 + 4 + int64_t{kTraceableBytes};
    case 'T':
    case 't':
      return kDescriptionBytes;
    case 'E':
      return kErrorBytes;
    case 'Z':
      return 1;
    case 'R':
    case 'K':
    case 'S':
    case 'C':
    case 'I':
    case 'N':
    case 'A':
    case '1':
    case '2':
    case '3':
    case 'n':
    case 's':
    case 'G':
    case 'H':
    case 'W':
    case 'V':
    case 'v':
    case 'd':
    case 'c':
      return 0;
    default:
      return -1;
  }
}

bool WireParser::TakeFromServer(const Frame& frame) {
  DropCopyEnds();
  switch (frame.type) {
    case 'D':
      OnRow(frame);
      return true;
    case 'd':
      current_.bytes += int64_t{frame.length} + 5;
      return true;
    case '1':
      return Acknowledge(Reply::kParse);
    case '2':
      return Acknowledge(Reply::kBind);
    case '3':
      return Acknowledge(Reply::kClose);
    case 'T':
    case 't':
    case 'n':
      return OnDescription(frame);
    case 'C':
    case 'I':
    case 's':
      return OnCompletion(frame.type);
    case 'G':
    case 'H':
    case 'W':
      return OnCopyBegin(frame.type);
    case 'E':
      return OnError(frame);
    case 'Z':
      return OnReady(frame);
    default:
      return true;
  }
}

bool WireParser::Acknowledge(Reply reply) {
  if (expected_.empty() || expected_.front().reply != reply) return false;
  expected_.pop_front();
  return true;
}

bool WireParser::OnDescription(const Frame& frame) {
  if (expected_.empty()) return false;
  Expected& front = expected_.front();
  ByteReader reader(frame.body);
  const int count = reader.Int16();
  if (frame.type == 't') {
    if (front.reply != Reply::kDescribeStatement) return false;
    if (!front.prepared) return true;
    front.prepared->parameter_oids.clear();
    for (int i = 0; i < count && reader.ok(); ++i) front.prepared->parameter_oids.push_back(reader.Uint32());
    return true;
  }
  // A prepared statement's columns never change: described again, they need not be read again.
  const bool known = front.reply == Reply::kDescribePortal && front.prepared && !front.prepared->column_oids.empty();
  std::vector<uint32_t> columns;
  for (int i = 0; frame.type == 'T' && !known && i < count && reader.ok(); ++i) {
    reader.CString();
    reader.Bytes(6);  // table and column number
    columns.push_back(reader.Uint32());
    reader.Bytes(8);  // length, modifier, format
  }
  if (front.reply == Reply::kQuery && frame.type == 'T') {
    current_.column_oids = std::move(columns);
    return true;
  }
  if (front.reply != Reply::kDescribeStatement && front.reply != Reply::kDescribePortal) return false;
  if (front.prepared && !known) front.prepared->column_oids = std::move(columns);
  expected_.pop_front();
  return true;
}

void WireParser::OnRow(const Frame& frame) {
  ++current_.rows;
  current_.bytes += int64_t{frame.length} + 5;
  const int64_t before = current_.rows - 1;
  const bool complete = frame.body.size() >= frame.length;
  if (frame.body.empty() || (before < kTracedRows && !complete) || expected_.empty()) return;
  const Expected& front = expected_.front();
  const std::vector<uint32_t>* oids = &current_.column_oids;
  static const std::vector<int16_t> kAllText;
  const std::vector<int16_t>& formats = front.portal ? front.portal->formats : kAllText;
  if (front.portal && front.portal->prepared) oids = &front.portal->prepared->column_oids;
  ByteReader reader(frame.body);
  const int columns = static_cast<uint16_t>(reader.Int16());
  const auto others = [&] { return current_.cells.size() - static_cast<size_t>(current_.keys); };
  const bool fits = before < kTracedRows || others() + static_cast<size_t>(columns) <= kTracedCells;
  const int count = IsTracedWhole(before) && complete && fits ? columns : std::min(columns, 1);
  for (int i = 0; i < count && (i == 0 || others() < kTracedCells); ++i) {
    const size_t index = static_cast<size_t>(i);
    const int32_t length = reader.Int32();
    if (length < 0) continue;
    const std::string_view bytes = reader.Bytes(static_cast<size_t>(length));
    if (!reader.ok()) return;
    if (bytes.size() > kTraceableBytes) continue;
    RecordedValue value = Canonical(index < oids->size() ? (*oids)[index] : 0, FormatOf(formats, index), bytes);
    if (!value.traceable) continue;
    current_.keys += i == 0 ? 1 : 0;
    current_.cells.push_back({static_cast<uint16_t>(i), std::move(value)});
  }
}

bool WireParser::OnCompletion(char type) {
  if (expected_.empty()) return false;
  Expected& front = expected_.front();
  if (front.reply == Reply::kQuery) {
    Emit(front, {}, true);
    return type != 's';
  }
  if (front.reply != Reply::kExecute) return false;
  Emit(front, {}, true);
  if (front.portal) front.portal->suspended = type == 's';
  swallow_syncs_ = false;
  expected_.pop_front();
  return true;
}

// In COPY mode the server ignores Syncs: those that came behind the Execute get no answer.
bool WireParser::OnCopyBegin(char type) {
  if (expected_.empty()) return false;
  const Reply reply = expected_.front().reply;
  if (reply != Reply::kExecute && reply != Reply::kQuery) return false;
  streaming_ = streaming_ || type == 'W';
  if (type != 'G' || reply == Reply::kQuery) return true;
  const TripNumber trip = expected_.front().trip;
  size_t syncs = 0;
  while (syncs + 1 < expected_.size() && expected_[syncs + 1].reply == Reply::kSync) ++syncs;
  if (syncs > 0) expected_[syncs] = std::move(expected_.front());
  for (; syncs > 0; --syncs) expected_.pop_front();
  auto it = std::next(expected_.begin());
  swallow_syncs_ = it == expected_.end();
  for (; it != expected_.end(); ++it) {
    if (it->trip != trip) DropTrip(std::exchange(it->trip, trip));
    if (it->reply == Reply::kSync) return true;
  }
  open_ = trip;
  return true;
}

void WireParser::UndoNames(const Expected& expected) {
  if (!expected.undo) return;
  if (expected.undo->previous) {
    prepared_[expected.undo->name] = expected.undo->previous;
  } else {
    prepared_.erase(expected.undo->name);
  }
}

// After an error in the extended protocol the server skips everything up to the client's next Sync.
bool WireParser::OnError(const Frame& frame) {
  std::string sqlstate;
  std::string routine;
  ByteReader reader(frame.body);
  for (char field = reader.Char(); reader.ok() && field != '\0'; field = reader.Char()) {
    const std::string_view value = reader.CString();
    if (field == 'C') sqlstate = value;
    if (field == 'R') routine = value;
  }
  if (expected_.empty()) return true;  // the server ends the session
  Expected& front = expected_.front();
  if (Trip* trip = Find(front.trip)) {
    // Other features are not supported either: only the server's routine tells.
    if (sqlstate == "0A000" && routine == "RevalidateCachedQuery") ++trip->event.changed_plans;
    if (sqlstate == "26000") ++trip->event.unknown_prepared;
    if (sqlstate == "42P05") ++trip->event.prepared_twice;
  }
  switch (front.reply) {
    case Reply::kStartup:
    case Reply::kSync:
    case Reply::kFunction:
      return true;
    case Reply::kQuery:
      Emit(front, sqlstate, true);
      return true;
    case Reply::kExecute:
      Emit(front, sqlstate, true);
      break;
    default:
      Emit(front, sqlstate, false);
      break;
  }
  swallow_syncs_ = false;
  auto end = expected_.begin();
  while (end != expected_.end() && end->reply != Reply::kSync) ++end;
  discarding_ = end == expected_.end();
  for (auto it = end; it != expected_.begin();) UndoNames(*--it);
  for (auto skipped = end - expected_.begin(); skipped > 0; --skipped) expected_.pop_front();
  return true;
}

bool WireParser::OnReady(const Frame& frame) {
  if (expected_.empty()) return false;
  Expected& front = expected_.front();
  if (front.reply != Reply::kSync && front.reply != Reply::kQuery && front.reply != Reply::kFunction &&
      front.reply != Reply::kStartup)
    return false;
  if (!frame.body.empty()) transaction_ = frame.body[0];
  current_ = {};
  streaming_ = false;
  const TripNumber trip = front.trip;
  expected_.pop_front();
  if (transaction_ == 'I' && expected_.empty() && !open_) ForgetPortals();
  while (!trips_.empty() && first_trip_ <= trip) CloseTrip(first_trip_);
  return true;
}

// A client that waits after a Flush has made a round trip, though the server is not at a Sync.
// A COPY's end on the client's side has no answer of its own.
void WireParser::DropCopyEnds() {
  while (!expected_.empty() && expected_.front().reply == Reply::kCopyEnd) expected_.pop_front();
}

void WireParser::FinishFlushed() {
  if (!flushed_ || !open_ || !expected_.empty() || discarding_) return;
  CloseTrip(*open_);
  open_.reset();
}

void WireParser::Emit(const Expected& expected, std::string_view sqlstate, bool executed) {
  Trip* const owner = Find(expected.trip);
  if (owner == nullptr) return;
  WireTrip& trip = owner->event;
  const bool fetch = expected.portal && expected.portal->suspended;
  if (executed && !fetch) ++trip.statement_count;
  trip.rows += current_.rows;
  const uint32_t part = current_.part;
  const PreparedPtr& prepared = expected.portal ? expected.portal->prepared : expected.prepared;
  const Text& text = expected.text || !prepared ? expected.text : prepared->text;
  if (details_ && text && trip.statements.size() < kMaxStatementsOfTrip) {
    const Protocol protocol = expected.reply == Reply::kQuery          ? Protocol::kSimple
                              : prepared != nullptr && prepared->named ? Protocol::kPrepared
                                                                       : Protocol::kUnnamed;
    trip.statements.push_back(
        {.text = text,
         .part = part,
         .protocol = protocol,
         .end_ns = now_,
         .parameters = expected.portal ? expected.portal->parameters : std::vector<RecordedValue>{},
         .bind = expected.portal ? expected.portal->bind : nullptr,
         .cells = std::move(current_.cells),
         .rows = current_.rows,
         .bytes = current_.bytes,
         .sqlstate = std::string(sqlstate),
         .executed = executed,
         .fetch = fetch});
  }
  current_ = {};
  if (expected.reply == Reply::kQuery) current_.part = part + 1;
}

}  // namespace hone::sql
