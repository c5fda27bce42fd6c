#include "profile/pprof.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "profile/gunzip.h"
#include "profile/wire.h"

namespace hone::profile {
namespace {

using base::Code;
using base::Fail;
using base::Result;

// Field numbers of profile.proto.
enum ProfileField : uint32_t {
  kSampleType = 1,
  kSample = 2,
  kLocation = 4,
  kFunction = 5,
  kString = 6,
  kTime = 9,
  kDuration = 10,
  kPeriodType = 11,
  kPeriod = 12,
};

constexpr std::string_view kBlockBytes = "bytes";

std::unexpected<base::Error> Bad(std::string what) {
  return Fail(Code::kInput, "this is not a profile that can be read: " + std::move(what), {},
              "take it again from /debug/pprof");
}

// Length of the UTF-8 sequence at the front of `text`, 0 if there is none.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const size_t length = byte(0) < 0x80                      ? 1
                        : byte(0) >= 0xc2 && byte(0) < 0xe0 ? 2
                        : byte(0) >= 0xe0 && byte(0) < 0xf0 ? 3
                        : byte(0) >= 0xf0 && byte(0) < 0xf5 ? 4
                                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (byte(0) == 0xe0 && byte(1) < 0xa0) return 0;  // overlong
  if (byte(0) == 0xed && byte(1) > 0x9f) return 0;  // surrogates
  if (byte(0) == 0xf0 && byte(1) < 0x90) return 0;  // overlong
  if (byte(0) == 0xf4 && byte(1) > 0x8f) return 0;  // beyond Unicode
  return length;
}

// Names go to terminals and into JSON: control bytes and bytes that are not UTF-8 become '?'.
std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const auto first = static_cast<uint8_t>(text[0]);
    if (length == 0 || first < 0x20 || first == 0x7f) {
      out += '?';
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

int64_t Signed(uint64_t number) { return static_cast<int64_t>(number); }
int64_t NotNegative(uint64_t number) { return std::max<int64_t>(0, Signed(number)); }

// Maps the ids of locations or functions, which need not be dense, to indexes.
class Ids {
 public:
  bool Add(uint64_t id, uint32_t index) { return id != 0 && index_.emplace(id, index).second; }
  std::optional<uint32_t> Find(uint64_t id) const {
    const auto found = index_.find(id);
    return found == index_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::unordered_map<uint64_t, uint32_t> index_;
};

class Decoder {
 public:
  Decoder(std::string_view bytes, const Limits& limits) : bytes_(bytes), limits_(limits) {}

  Result<Profile> Run() {
    HONE_CHECK_OK(ReadTables());
    HONE_CHECK_OK(ResolveTypes());
    HONE_CHECK_OK(ReadFunctions());
    HONE_CHECK_OK(ResolveLines());
    HONE_CHECK_OK(ReadSamples());
    return std::move(profile_);
  }

 private:
  // First pass: strings as views, functions and samples left for later, locations with the ids of their functions.
  Result<void> ReadTables() {
    WireReader reader(bytes_);
    while (reader.Next()) {
      switch (reader.field()) {
        case kSampleType:
          types_.push_back(reader.bytes());
          break;
        case kString:
          strings_.push_back(reader.bytes());
          break;
        case kFunction:
          functions_.push_back(reader.bytes());
          break;
        case kLocation:
          HONE_CHECK_OK(ReadLocation(reader.bytes()));
          break;
        case kTime:
          profile_.time_ns = NotNegative(reader.number());
          break;
        case kDuration:
          profile_.duration_ns = NotNegative(reader.number());
          break;
        case kPeriodType:
          period_type_ = reader.bytes();
          break;
        case kPeriod:
          profile_.period = NotNegative(reader.number());
          break;
        default:
          break;
      }
      if (std::max({strings_.size(), functions_.size(), profile_.lines.size(), profile_.location_lines.size()}) >
          limits_.entries) {
        return Bad("it has more entries than Hone reads");
      }
      if (types_.size() > 64) return Bad("it has more than 64 value types");
    }
    if (!reader.ok()) return Bad("its bytes are not a protocol buffer, or end too early");
    if (types_.empty()) return Bad("it names no value types");
    if (strings_.empty() || !strings_[0].empty()) return Bad("its string table does not begin with the empty string");
    return {};
  }

  Result<void> ReadLocation(std::string_view bytes) {
    uint64_t id = 0;
    WireReader reader(bytes);
    while (reader.Next()) {
      if (reader.field() == 1) id = reader.number();
      if (reader.field() != 4) continue;
      uint64_t function = 0;
      int64_t number = 0;
      WireReader line(reader.bytes());
      while (line.Next()) {
        if (line.field() == 1) function = line.number();
        if (line.field() == 2) number = NotNegative(line.number());
      }
      if (!line.ok()) return Bad("a line is damaged");
      profile_.lines.push_back({0, number});
      line_functions_.push_back(function);
      if (profile_.lines.size() > limits_.entries) return Bad("it has more entries than Hone reads");
    }
    if (!reader.ok()) return Bad("a location is damaged");
    if (!locations_.Add(id, static_cast<uint32_t>(profile_.location_lines.size() - 1))) {
      return Bad("two locations have the same id, or one has id 0");
    }
    profile_.location_lines.push_back(static_cast<uint32_t>(profile_.lines.size()));
    return {};
  }

  Result<std::string> String(uint64_t index) const {
    if (index >= strings_.size()) return Bad("a string index is out of range");
    if (strings_[index].size() > limits_.name_bytes) return Bad("a name is longer than Hone reads");
    return Printable(strings_[index]);
  }

  Result<ValueType> ReadValueType(std::string_view bytes) const {
    ValueType type;
    WireReader reader(bytes);
    while (reader.Next()) {
      if (reader.field() != 1 && reader.field() != 2) continue;
      HONE_TRY((reader.field() == 1 ? type.type : type.unit), String(reader.number()));
    }
    if (!reader.ok()) return Bad("a value type is damaged");
    return type;
  }

  Result<void> ResolveTypes() {
    for (const std::string_view bytes : types_) {
      HONE_TRY(ValueType type, ReadValueType(bytes));
      profile_.types.push_back(std::move(type));
    }
    HONE_TRY(profile_.period_type, ReadValueType(period_type_));
    return {};
  }

  Result<void> ReadFunctions() {
    for (const std::string_view bytes : functions_) {
      uint64_t id = 0;
      Function function;
      WireReader reader(bytes);
      while (reader.Next()) {
        switch (reader.field()) {
          case 1:
            id = reader.number();
            break;
          case 2: {
            HONE_TRY(function.name, String(reader.number()));
            break;
          }
          case 4: {
            HONE_TRY(function.file, String(reader.number()));
            break;
          }
          case 5:
            function.start_line = NotNegative(reader.number());
            break;
          default:
            break;
        }
      }
      if (!reader.ok()) return Bad("a function is damaged");
      if (!function_ids_.Add(id, static_cast<uint32_t>(profile_.functions.size()))) {
        return Bad("two functions have the same id, or one has id 0");
      }
      name_bytes_ += function.name.size() + function.file.size();
      if (name_bytes_ > limits_.bytes) return Bad("its names are longer than Hone reads");
      profile_.functions.push_back(std::move(function));
    }
    return {};
  }

  Result<void> ResolveLines() {
    for (size_t i = 0; i < line_functions_.size(); ++i) {
      const std::optional<uint32_t> function = function_ids_.Find(line_functions_[i]);
      if (!function) return Bad("a line is of a function that it does not have");
      profile_.lines[i].function = *function;
    }
    return {};
  }

  // Second pass.
  Result<void> ReadSamples() {
    totals_.assign(profile_.types.size(), 0);
    WireReader reader(bytes_);
    while (reader.Next()) {
      if (reader.field() == kSample) HONE_CHECK_OK(ReadSample(reader.bytes()));
    }
    return {};
  }

  Result<void> ReadSample(std::string_view bytes) {
    const size_t first_value = profile_.values.size();
    int64_t block_bytes = 0;
    WireReader reader(bytes);
    while (reader.Next()) {
      if (reader.field() == 3) block_bytes = std::max(block_bytes, BlockBytes(reader.bytes()));
      if (reader.field() != 1 && reader.field() != 2) continue;
      std::string_view packed = reader.bytes();
      if (!reader.is_bytes()) {
        HONE_CHECK_OK(Add(reader.field(), reader.number()));
        continue;
      }
      while (!packed.empty()) {
        uint64_t number = 0;
        if (!TakeVarint(packed, number)) return Bad("a sample is damaged");
        HONE_CHECK_OK(Add(reader.field(), number));
      }
    }
    if (!reader.ok()) return Bad("a sample is damaged");
    const size_t count = profile_.types.size();
    if (profile_.values.size() - first_value != count) return Bad("a sample's values do not fit its value types");
    for (size_t t = 0; t < count; ++t) {
      const int64_t value = profile_.values[first_value + t];
      if (value > std::numeric_limits<int64_t>::max() - totals_[t])
        return Bad("its values add up to more than 64 bits hold");
      totals_[t] += value;
    }
    profile_.sample_stack.push_back(static_cast<uint32_t>(profile_.stacks.size()));
    profile_.block_bytes.push_back(block_bytes);
    return {};
  }

  // The number of a label "bytes", which heap profiles have on each row; 0 for all other labels.
  int64_t BlockBytes(std::string_view label) const {
    uint64_t key = 0;
    uint64_t number = 0;
    WireReader reader(label);
    while (reader.Next()) {
      if (reader.field() == 1) key = reader.number();
      if (reader.field() == 3) number = reader.number();
    }
    return key < strings_.size() && strings_[key] == kBlockBytes ? NotNegative(number) : 0;
  }

  Result<void> Add(uint32_t field, uint64_t number) {
    if (field == 1) {
      const std::optional<uint32_t> location = locations_.Find(number);
      if (!location) return Bad("a sample is at a location that it does not have");
      profile_.stacks.push_back(*location);
    } else {
      if (Signed(number) < 0) return Bad("a value is negative (is it a difference of two profiles?)");
      profile_.values.push_back(Signed(number));
    }
    if (std::max(profile_.stacks.size(), profile_.values.size()) > limits_.entries)
      return Bad("it has more entries than Hone reads");
    return {};
  }

  std::string_view bytes_;
  const Limits& limits_;
  Profile profile_;
  std::vector<std::string_view> types_, strings_, functions_;
  std::string_view period_type_ = {};
  std::vector<uint64_t> line_functions_;
  Ids locations_, function_ids_;
  size_t name_bytes_ = 0;
  std::vector<int64_t> totals_;
};

// The string table of a profile that is written: in the order of first use.
class Strings {
 public:
  Strings() { Index(""); }
  uint64_t Index(std::string_view text) {
    const auto [at, added] = index_.try_emplace(std::string(text), order_.size());
    if (added) order_.push_back(&at->first);
    return at->second;
  }
  void Write(std::string& out) const {
    for (const std::string* text : order_) PutBytes(out, kString, *text);
  }

 private:
  std::unordered_map<std::string, uint64_t> index_;
  std::vector<const std::string*> order_;
};

std::string EncodeValueType(const ValueType& type, Strings& strings) {
  std::string out;
  PutNumber(out, 1, strings.Index(type.type));
  PutNumber(out, 2, strings.Index(type.unit));
  return out;
}

void EncodeSamples(const Profile& profile, Strings& strings, std::string& out) {
  std::string sample, packed, label;
  for (size_t s = 0; s < profile.samples(); ++s) {
    sample.clear();
    packed.clear();
    for (const uint32_t location : profile.Stack(s)) PutVarint(packed, uint64_t{location} + 1);
    PutBytes(sample, 1, packed);
    packed.clear();
    for (size_t t = 0; t < profile.types.size(); ++t) PutVarint(packed, static_cast<uint64_t>(profile.Value(s, t)));
    PutBytes(sample, 2, packed);
    if (profile.block_bytes[s] > 0) {
      label.clear();
      PutNumber(label, 1, strings.Index(kBlockBytes));
      PutNumber(label, 3, static_cast<uint64_t>(profile.block_bytes[s]));
      PutBytes(sample, 3, label);
    }
    PutBytes(out, kSample, sample);
  }
}

void EncodeLocations(const Profile& profile, std::string& out) {
  std::string location, line;
  for (uint32_t l = 0; l + 1 < profile.location_lines.size(); ++l) {
    location.clear();
    PutNumber(location, 1, uint64_t{l} + 1);
    for (const Line& at : profile.Lines(l)) {
      line.clear();
      PutNumber(line, 1, uint64_t{at.function} + 1);
      PutNumber(line, 2, static_cast<uint64_t>(at.line));
      PutBytes(location, 4, line);
    }
    PutBytes(out, kLocation, location);
  }
}

}  // namespace

std::optional<size_t> Profile::Type(std::string_view type) const {
  for (size_t t = 0; t < types.size(); ++t) {
    if (types[t].type == type) return t;
  }
  return std::nullopt;
}

Kind Profile::kind() const {
  if (Type("samples") && Type("cpu")) return Kind::kCpu;
  if (Type("alloc_objects") && Type("alloc_space")) return Kind::kHeap;
  if (Type("contentions") && Type("delay")) return Kind::kContention;
  if (Type("goroutine")) return Kind::kGoroutine;
  return Kind::kOther;
}

Result<Profile> Decode(std::string_view bytes, const Limits& limits) {
  if (bytes.empty()) return Bad("it is empty");
  if (bytes.size() > (LooksGzipped(bytes) ? limits.compressed_bytes : limits.bytes))
    return Bad("the file is larger than Hone reads");
  std::string inflated;
  if (LooksGzipped(bytes)) {
    HONE_TRY(inflated, Gunzip(bytes, limits.bytes));
    bytes = inflated;
  } else if (const size_t text = bytes.find_first_not_of(" \t\r\n");
             text != std::string_view::npos && bytes[text] == '<') {
    return Bad("it is an HTML or XML page");
  }
  return Decoder(bytes, limits).Run();
}

std::string Encode(const Profile& profile) {
  Strings strings;
  std::string out;
  for (const ValueType& type : profile.types) PutBytes(out, kSampleType, EncodeValueType(type, strings));
  EncodeSamples(profile, strings, out);
  EncodeLocations(profile, out);
  std::string function;
  for (size_t f = 0; f < profile.functions.size(); ++f) {
    function.clear();
    PutNumber(function, 1, uint64_t{f} + 1);
    PutNumber(function, 2, strings.Index(profile.functions[f].name));
    PutNumber(function, 4, strings.Index(profile.functions[f].file));
    PutNumber(function, 5, static_cast<uint64_t>(profile.functions[f].start_line));
    PutBytes(out, kFunction, function);
  }
  const std::string period_type = EncodeValueType(profile.period_type, strings);
  strings.Write(out);
  PutNumber(out, kTime, static_cast<uint64_t>(profile.time_ns));
  PutNumber(out, kDuration, static_cast<uint64_t>(profile.duration_ns));
  PutBytes(out, kPeriodType, period_type);
  PutNumber(out, kPeriod, static_cast<uint64_t>(profile.period));
  return out;
}

Result<std::string> Redact(std::string_view bytes, const Limits& limits) {
  HONE_TRY(const Profile profile, Decode(bytes, limits));
  return Encode(profile);
}

}  // namespace hone::profile
