#include "sql/wire.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "sql/value.h"

namespace hone::sql {
namespace {

constexpr uint32_t kSslCode = 80877103;
constexpr uint32_t kGssCode = 80877104;
constexpr uint32_t kCancelCode = 80877102;
constexpr uint32_t kMaxStartupBytes = 10000;  // MAX_STARTUP_PACKET_LENGTH of the server

constexpr int64_t kNameBytes = 2048;                   // names of a portal and a statement
constexpr int64_t kTextBytes = int64_t{1} << 20;       // of a statement; longer ones are known by their beginning
constexpr int64_t kParameterBytes = int64_t{1} << 18;  // of one Bind
// pgx's own suite sends a quarter of a million messages before it reads an answer.
constexpr size_t kMaxExpected = size_t{1} << 20;
constexpr size_t kMaxSeenTexts = size_t{1} << 14;

}  // namespace

StartupKind ClassifyStartup(std::string_view bytes) {
  if (!bytes.empty() && bytes[0] != 0) return StartupKind::kForeign;
  if (bytes.size() < 8) return StartupKind::kIncomplete;
  ByteReader reader(bytes);
  const uint32_t length = reader.Uint32();
  const uint32_t code = reader.Uint32();
  if (length < 8 || length > kMaxStartupBytes) return StartupKind::kForeign;
  if (code == kSslCode && length == 8) return StartupKind::kSsl;
  if (code == kGssCode && length == 8) return StartupKind::kGss;
  if (code == kCancelCode) return StartupKind::kCancel;
  return code >> 16 == 3 ? StartupKind::kSession : StartupKind::kForeign;
}

bool AsksForReplication(std::string_view packet) {
  ByteReader reader(packet);
  reader.Bytes(8);
  for (std::string_view name = reader.CString(); reader.ok() && !name.empty(); name = reader.CString()) {
    std::string value(reader.CString());
    if (name != "replication") continue;
    std::ranges::transform(value, value.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
    // The words that the server takes for true, which may be cut short. What else it does not know, it refuses itself.
    const auto cuts = [&](std::string_view word) { return !value.empty() && word.starts_with(value); };
    if (value == "database" || value == "1" || value == "on" || cuts("true") || cuts("yes")) return true;
  }
  return false;
}

namespace {

// "0", "0ms", "'0'": off.
bool IsTimeout(std::string_view value) {
  const size_t digit = value.find_first_of("0123456789");
  return digit != std::string_view::npos && value.find_first_of("123456789") != std::string_view::npos;
}

// `-c name=value` and `--name=value`, where `-` and `_` are the same.
void TimeoutsInOptions(std::string_view options, std::vector<std::string_view>& found) {
  for (const std::string_view name : kTimeoutSettings) {
    for (size_t at = options.find(name); at != std::string_view::npos; at = options.find(name, at + 1)) {
      const std::string_view rest = options.substr(at + name.size());
      if (rest.starts_with('=') && IsTimeout(rest.substr(1, rest.find_first_of(" \t")))) found.push_back(name);
    }
  }
}

}  // namespace

std::vector<std::string_view> TimeoutsOf(std::string_view packet) {
  std::vector<std::string_view> found;
  ByteReader reader(packet);
  reader.Bytes(8);
  for (std::string_view name = reader.CString(); reader.ok() && !name.empty(); name = reader.CString()) {
    std::string value(reader.CString());
    const auto* known = std::ranges::find(kTimeoutSettings, name);
    if (known != kTimeoutSettings.end() && IsTimeout(value)) found.push_back(*known);
    if (name == "options") {
      std::ranges::replace(value, '-', '_');
      TimeoutsInOptions(value, found);
    }
  }
  std::ranges::sort(found);
  const auto again = std::ranges::unique(found);
  found.erase(again.begin(), again.end());
  return found;
}

Text TextPool::Intern(std::string_view text) {
  if (const auto it = texts_.find(text); it != texts_.end()) return *it;
  if (texts_.size() >= sweep_at_) {
    std::erase_if(texts_, [](const Text& unused) { return unused.use_count() == 1; });
    sweep_at_ = std::max<size_t>(1024, 2 * texts_.size());
  }
  return *texts_.insert(std::make_shared<const std::string>(text)).first;
}

void WireParser::FromClient(std::string_view bytes, base::Nanos now, bool details, std::vector<WireTrip>& trips) {
  now_ = now;
  details_ = details;
  out_ = &trips;
  while (!broken_ && phase_ == Phase::kStartup && !bytes.empty()) bytes.remove_prefix(Startup(bytes));
  if (broken_ || phase_ == Phase::kNegotiating) return Break(bytes.size());
  const size_t used = client_.Feed(
      bytes, [this](char type, uint32_t length) { return KeepOfClient(type, length); },
      [this](const Frame& frame) { return TakeFromClient(frame); });
  if (used < bytes.size()) return Break(bytes.size() - used);
  if (expected_.size() > kMaxExpected) Break(1);
}

void WireParser::FromServer(std::string_view bytes, base::Nanos now, bool details, std::vector<WireTrip>& trips) {
  now_ = now;
  details_ = details;
  out_ = &trips;
  if (phase_ == Phase::kNegotiating && !bytes.empty()) {
    phase_ = Phase::kStartup;
    if (bytes[0] != 'N') return Break(bytes.size());
    bytes.remove_prefix(1);
  }
  if (broken_) return Break(bytes.size());
  const size_t used = server_.Feed(
      bytes, [this](char type, uint32_t length) { return KeepOfServer(type, length); },
      [this](const Frame& frame) { return TakeFromServer(frame); });
  if (used < bytes.size()) Break(bytes.size() - used);
  DropCopyEnds();
  FinishFlushed();
}

void WireParser::Finish(base::Nanos now, std::vector<WireTrip>& trips) {
  now_ = now;
  out_ = &trips;
  while (!trips_.empty()) CloseTrip(first_trip_);
  expected_.clear();
  open_.reset();
}

// Nothing of this session can be understood any more. Unknown bytes are counted, what was under way is dropped.
void WireParser::Break(size_t bytes) {
  unparsed_bytes_ += static_cast<int64_t>(bytes);
  if (bytes == 0) return;
  broken_ = true;
  expected_.clear();
  trips_.clear();
  open_.reset();
  prepared_.clear();
  ForgetPortals();
}

// Takes bytes of start-up packets; returns how many.
size_t WireParser::Startup(std::string_view bytes) {
  if (startup_skip_ > 0) {
    const size_t part = std::min<size_t>(startup_skip_, bytes.size());
    startup_skip_ -= part;
    if (startup_skip_ == 0) phase_ = Phase::kSession;
    return part;
  }
  const size_t part = std::min(size_t{8} - startup_.size(), bytes.size());
  startup_.append(bytes.substr(0, part));
  switch (ClassifyStartup(startup_)) {
    case StartupKind::kIncomplete:
      return part;
    case StartupKind::kForeign:
      unparsed_bytes_ += static_cast<int64_t>(startup_.size() - part);
      broken_ = true;
      return 0;
    case StartupKind::kSsl:
    case StartupKind::kGss:
      startup_.clear();
      phase_ = Phase::kNegotiating;
      return part;
    case StartupKind::kCancel:
      break;
    case StartupKind::kSession:
      OpenTrip().starts = true;
      Expect(Reply::kStartup);
      open_.reset();
      break;
  }
  startup_skip_ = ByteReader(startup_).Uint32() - 8;
  if (startup_skip_ == 0) phase_ = Phase::kSession;
  return part;
}

int64_t WireParser::KeepOfClient(char type, uint32_t) const {
  switch (type) {
    case 'P':
      return kTextBytes;
    case 'Q':
      return details_ ? kTextBytes : 0;
    case 'B':
      return details_ ? kParameterBytes : kNameBytes;
    case 'D':
    case 'C':
    case 'E':
      return kNameBytes;
    case 'S':
    case 'H':
    case 'F':
    case 'd':
    case 'c':
    case 'f':
    case 'p':
    case 'X':
      return 0;
    default:
      return -1;
  }
}

bool WireParser::TakeFromClient(const Frame& frame) {
  flushed_ = frame.type == 'H';
  switch (frame.type) {
    case 'S':
      unsynced_ = false;
      OnSync();
      return true;
    case 'c':
    case 'f':
      OnCopyEnd();
      return true;
    case 'H':
    case 'd':
    case 'p':
    case 'X':
      return true;
    default:
      break;
  }
  unsynced_ = unsynced_ || (frame.type != 'Q' && frame.type != 'F');
  if (discarding_) return true;
  switch (frame.type) {
    case 'P':
      OnParse(frame);
      break;
    case 'B':
      OnBind(frame);
      break;
    case 'D':
      OnDescribe(frame);
      break;
    case 'C':
      OnClose(frame);
      break;
    case 'E':
      OnExecute(frame);
      break;
    case 'Q':
      OnQuery(frame);
      break;
    default:
      OpenTrip();
      Expect(Reply::kFunction);
      open_.reset();
  }
  return true;
}

WireParser::Trip& WireParser::OpenTrip() {
  if (!open_) {
    open_ = first_trip_ + trips_.size();
    WireTrip& event = trips_.emplace_back().event;
    event.start_ns = now_;
    event.overlapped = !expected_.empty();
    event.in_transaction = transaction_ != 'I';
  }
  return trips_[*open_ - first_trip_];
}

// Null where it is over.
WireParser::Trip* WireParser::Find(TripNumber trip) {
  return trip - first_trip_ < trips_.size() ? &trips_[trip - first_trip_] : nullptr;
}

WireParser::Expected& WireParser::Expect(Reply reply) {
  Expected& expected = expected_.emplace_back();
  expected.reply = reply;
  expected.trip = open_.value_or(kNoTrip);
  return expected;
}

WireParser::PreparedPtr WireParser::FindPrepared(std::string_view name) const {
  const auto it = prepared_.find(name);
  return it == prepared_.end() ? PreparedPtr() : it->second;
}

WireParser::PortalPtr WireParser::FindPortal(std::string_view name) const {
  if (name.empty()) return unnamed_portal_;
  const auto it = portals_.find(name);
  return it == portals_.end() ? PortalPtr() : it->second;
}

WireParser::PortalPtr WireParser::NewPortal() {
  if (!spare_portal_ || spare_portal_.local_use_count() > 1) return boost::make_local_shared<Portal>();
  std::destroy_at(spare_portal_.get());
  std::construct_at(spare_portal_.get());
  return std::move(spare_portal_);
}

void WireParser::ForgetPortals() {
  if (!portals_.empty()) portals_.clear();
  if (unnamed_portal_) spare_portal_ = std::move(unnamed_portal_);
}

void WireParser::OnParse(const Frame& frame) {
  ByteReader reader(frame.body);
  const std::string name(reader.CString());
  const std::string_view rest = reader.rest();
  auto prepared = boost::make_local_shared<Prepared>();
  prepared->text = texts_->Intern(rest.substr(0, rest.find('\0')));
  prepared->named = !name.empty();
  reader.CString();
  const int count = reader.Int16();
  for (int i = 0; i < count && reader.ok(); ++i) prepared->parameter_oids.push_back(reader.Uint32());

  Trip& trip = OpenTrip();
  trip.describes = true;
  if (seen_texts_.size() >= kMaxSeenTexts) seen_texts_.clear();
  const bool is_new = prepared->named && seen_texts_.insert(std::hash<std::string_view>{}(*prepared->text)).second;
  trip.first_use = trip.first_use && is_new;
  if (details_ && prepared->named && !is_new) trip.event.prepared_again.push_back(prepared->text);
  Expected& expected = Expect(Reply::kParse);
  PreparedPtr& slot = prepared_[name];
  expected.undo = std::make_unique<Undo>(Undo{name, slot});
  expected.prepared = prepared;
  slot = std::move(prepared);
}

void WireParser::OnBind(const Frame& frame) {
  ByteReader reader(frame.body);
  const std::string_view name = reader.CString();
  const std::string_view statement = reader.CString();
  PortalPtr portal = NewPortal();
  portal->prepared = FindPrepared(statement);
  if (details_) {
    ReadParameters(reader, *portal);
    if (frame.body.size() < frame.length) {
      portal->parameters = {Canonical(0, 0, frame.body)};
      portal->parameters[0].canonical += "/" + std::to_string(frame.length);
      portal->bind.reset();
    }
  }
  OpenTrip();
  Expect(Reply::kBind).portal = portal;
  (name.empty() ? unnamed_portal_ : portals_[std::string(name)]) = std::move(portal);
}

void WireParser::ReadParameters(ByteReader& reader, Portal& portal) const {
  auto bind = std::make_shared<RecordedBind>();
  std::vector<int16_t>& formats = bind->formats;
  const int format_count = reader.Int16();
  for (int i = 0; i < format_count && reader.ok(); ++i) formats.push_back(reader.Int16());
  const int count = static_cast<uint16_t>(reader.Int16());
  for (int i = 0; i < count && reader.ok(); ++i) {
    const size_t index = static_cast<size_t>(i);
    const int32_t length = reader.Int32();
    const auto bytes = length < 0 ? std::nullopt : std::optional(reader.Bytes(static_cast<size_t>(length)));
    if (!reader.ok()) break;
    uint32_t oid = 0;
    if (portal.prepared && index < portal.prepared->parameter_oids.size()) oid = portal.prepared->parameter_oids[index];
    portal.parameters.push_back(Canonical(oid, FormatOf(formats, index), bytes));
    bind->oids.push_back(oid);
    bind->values.emplace_back(bytes);
  }
  if (reader.ok()) portal.bind = std::move(bind);
  const int result_count = reader.Int16();
  for (int i = 0; i < result_count && reader.ok(); ++i) portal.formats.push_back(reader.Int16());
}

void WireParser::OnDescribe(const Frame& frame) {
  ByteReader reader(frame.body);
  const bool statement = reader.Char() == 'S';
  const std::string_view name = reader.CString();
  OpenTrip().describes = true;
  Expected& expected = Expect(statement ? Reply::kDescribeStatement : Reply::kDescribePortal);
  if (statement) {
    expected.prepared = FindPrepared(name);
  } else if (const auto portal = FindPortal(name)) {
    expected.prepared = portal->prepared;
  }
}

void WireParser::OnClose(const Frame& frame) {
  ByteReader reader(frame.body);
  const bool statement = reader.Char() == 'S';
  const std::string name(reader.CString());
  Trip& trip = OpenTrip();
  trip.describes = true;
  trip.first_use = false;
  Expected& expected = Expect(Reply::kClose);
  if (!statement) {
    if (name.empty()) unnamed_portal_.reset();
    portals_.erase(name);
  } else if (const auto it = prepared_.find(name); it != prepared_.end()) {
    if (details_ && it->second->named) trip.event.closed.push_back(it->second->text);
    expected.undo = std::make_unique<Undo>(Undo{name, it->second});
    prepared_.erase(it);
  }
}

void WireParser::OnExecute(const Frame& frame) {
  OpenTrip().executes = true;
  Expected& expected = Expect(Reply::kExecute);
  PortalPtr portal = FindPortal(ByteReader(frame.body).CString());
  if (!portal) return;
  if (watch_ && portal->prepared) watch_(*portal->prepared->text, now_);
  expected.portal = std::move(portal);
}

void WireParser::OnQuery(const Frame& frame) {
  OpenTrip().simple = true;
  Expected& expected = Expect(Reply::kQuery);
  if (details_) {
    expected.text = texts_->Intern(frame.body.substr(0, frame.body.find('\0')));
    if (watch_) watch_(*expected.text, now_);
  }
  open_.reset();
}

void WireParser::OnCopyEnd() {
  swallow_syncs_ = false;
  if (!expected_.empty() && !discarding_) Expect(Reply::kCopyEnd);
}

void WireParser::OnSync() {
  if (swallow_syncs_) return;
  discarding_ = false;
  OpenTrip();
  Expect(Reply::kSync);
  open_.reset();
}

// Ends and tells it now.
void WireParser::CloseTrip(TripNumber trip) {
  Trip* const ended = Find(trip);
  if (ended == nullptr) return;
  ended->event.end_ns = now_;
  ended->event.kind = ended->starts       ? TripKind::kStartup
                      : ended->executes   ? TripKind::kExecute
                      : ended->simple     ? TripKind::kSimple
                      : !ended->describes ? TripKind::kOther
                      : ended->first_use  ? TripKind::kPrepare
                                          : TripKind::kDescribe;
  out_->push_back(std::move(ended->event));
  DropTrip(trip);
}

void WireParser::DropTrip(TripNumber trip) {
  if (Trip* dropped = Find(trip)) dropped->over = true;
  while (!trips_.empty() && trips_.front().over) {
    trips_.pop_front();
    ++first_trip_;
  }
}

}  // namespace hone::sql
