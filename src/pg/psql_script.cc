#include "pg/psql_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "base/files.h"
#include "pg/connection.h"
#include "pg/sql_file.h"

namespace hone::pg {
namespace {

namespace fs = std::filesystem;

constexpr int kMostDepth = 16;   // of scripts in scripts
constexpr int kMostFolders = 6;  // above a script in which an included one is looked for

// Commands that change what psql prints, and no data.
constexpr std::array<std::string_view, 18> kHarmless = {"echo", "qecho", "warn", "timing",     "pset",     "x",
                                                        "t",    "a",     "f",    "conninfo",   "restrict", "unrestrict",
                                                        "p",    "H",     "C",    "errverbose", "o",        "out"};

// What the server's data come from, and nothing that leads to another database or out of psql (\connect, \!).
constexpr std::array<std::string_view, 8> kOfData = {"copy", "gexec", "gset",  "if",
                                                     "elif", "else",  "endif", "encoding"};

constexpr std::string_view kWithoutPsql = ", and Hone runs SQL files without psql";

bool IsUtf8(std::string_view encoding) {
  return base::LowerCase(encoding) == "utf8" || base::LowerCase(encoding) == "utf-8";
}

// \dt and its like only show something.
bool IsHarmless(std::string_view command) {
  return std::ranges::find(kHarmless, command) != kHarmless.end() || command.starts_with("d");
}

bool IsNameChar(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view TakeName(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && IsNameChar(text[length])) ++length;
  return text.substr(0, length);
}

// A use of a variable at the front of a text.
struct Use {
  enum class Form { kPlain, kText, kName, kTest };
  Form form = Form::kPlain;
  std::string_view name = {};
  size_t length = 0;  // of the whole; 0: there is none
};

Use UseAt(std::string_view text) {
  if (text.size() < 2 || text[0] != ':') return {};
  const char next = text[1];
  if (IsNameChar(next)) {
    const std::string_view name = TakeName(text.substr(1));
    return {Use::Form::kPlain, name, 1 + name.size()};
  }
  const bool test = text.substr(1).starts_with("{?");
  if (next != '\'' && next != '"' && !test) return {};
  const size_t begin = test ? 3 : 2;
  const std::string_view name = TakeName(text.substr(begin));
  const char close = test ? '}' : next;
  if (name.empty() || text.size() <= begin + name.size() || text[begin + name.size()] != close) return {};
  return {test ? Use::Form::kTest : next == '\'' ? Use::Form::kText : Use::Form::kName, name, begin + name.size() + 1};
}

// What a use stands for; nothing where the variable is not set.
std::optional<std::string> Interpolated(const Use& use, const PsqlVariables& variables) {
  const auto found = variables.find(use.name);
  if (use.form == Use::Form::kTest) return found == variables.end() ? "FALSE" : "TRUE";
  if (found == variables.end()) return std::nullopt;
  if (use.form == Use::Form::kText) return QuoteText(found->second);
  return use.form == Use::Form::kName ? QuoteName(found->second) : found->second;
}

// The words of a command's line, quotes taken off and variables filled in.
std::vector<std::string> Words(std::string_view line, const PsqlVariables& variables) {
  std::vector<std::string> words;
  bool open = false;
  while (!line.empty()) {
    if (IsBlank(line.front())) {
      open = false;
      line.remove_prefix(1);
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    const Use use = UseAt(line);
    const auto value = use.length > 0 ? Interpolated(use, variables) : std::nullopt;
    if (value) {
      words.back() += *value;
      line.remove_prefix(use.length);
      continue;
    }
    const char quote = line.front();
    if (quote != '\'' && quote != '"') {
      words.back() += quote;
      line.remove_prefix(1);
      continue;
    }
    const size_t end = std::min(line.find(quote, 1), line.size());
    words.back() += line.substr(1, end - 1);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

// Reads one script and what it includes.
class ScriptReader {
 public:
  explicit ScriptReader(PsqlVariables variables) : variables_(std::move(variables)) {}

  base::Result<void> Read(const fs::path& file, int depth) {
    HONE_TRY(const std::string bytes, base::ReadFile(file));
    const std::string text = UpPart(bytes);
    parts_.push_back({file, ""});
    std::string_view rest = text;
    size_t brackets = 0;
    while (!rest.empty()) {
      if (const size_t length = OpaqueLength(rest, Before(text, rest)); length > 0) {
        Take(rest, length);
      } else if (rest.front() == '\\') {
        HONE_TRY(const bool ended, Command(rest, file, LineOf(text, rest), depth));
        if (ended) break;
      } else if (const Use use = UseAt(rest); use.length > 0 && Before(text, rest) != ':') {
        HONE_CHECK_OK(Fill(rest, use, brackets > 0, {file, LineOf(text, rest)}));
      } else {
        if (rest.front() == '[') ++brackets;
        if (rest.front() == ']' && brackets > 0) --brackets;
        if (rest.front() == ';') {
          HONE_CHECK_OK(CheckCopy({file, LineOf(text, rest)}));
          statement_ = parts_.back().text.size() + 1;
        }
        Take(rest, 1);
      }
    }
    return {};
  }

  std::vector<ScriptPart> Parts() {
    std::erase_if(parts_,
                  [](const ScriptPart& part) { return part.text.find_first_not_of(" \t\r\n") == std::string::npos; });
    return std::move(parts_);
  }

 private:
  struct At {
    const fs::path& file;
    size_t line;
  };

  static char Before(std::string_view text, std::string_view rest) {
    return rest.data() == text.data() ? ' ' : *(rest.data() - 1);
  }

  static size_t LineOf(std::string_view text, std::string_view rest) {
    return 1 + static_cast<size_t>(std::count(text.data(), rest.data(), '\n'));
  }

  void Take(std::string_view& rest, size_t length) {
    parts_.back().text += rest.substr(0, length);
    rest.remove_prefix(length);
  }

  static std::unexpected<base::Error> Refuse(const At& at, const std::string& what, const std::string& remedy) {
    return base::Fail(base::Code::kInput, fmt::format("{}:{}: {}", at.file.filename().string(), at.line, what), "",
                      remedy);
  }

  static std::unexpected<base::Error> LeaveToPsql(const At& at, const std::string& what) {
    return Refuse(at, what + std::string(kWithoutPsql),
                  fmt::format("Let psql run the file, instead of seed_files in [database]: seed = \"psql -v "
                              "ON_ERROR_STOP=1 -f {} ${{db.url}}\", with the way to the file from the service's folder",
                              at.file.filename().string()));
  }

  // Within brackets a colon is PostgreSQL's own: a[1:n].
  base::Result<void> Fill(std::string_view& rest, const Use& use, bool in_brackets, const At& at) {
    const auto value = Interpolated(use, variables_);
    const bool own = in_brackets || std::isdigit(static_cast<unsigned char>(use.name.front())) != 0;
    if (!value && !own) {
      return Refuse(
          at, fmt::format("psql's variable {} is not set", use.name),
          fmt::format("Give it in hone.toml: `{} = \"${{size}}\"`, or another text, under [database.vars]", use.name));
    }
    parts_.back().text += value ? *value : std::string(rest.substr(0, use.length));
    rest.remove_prefix(use.length);
    return {};
  }

  // A backslash outside of quotes begins a command of psql's, up to the end of the line. True: the script ends here.
  base::Result<bool> Command(std::string_view& rest, const fs::path& file, size_t line, int depth) {
    const std::string_view whole = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(whole.size());
    const size_t length = std::min(whole.find_first_of(" \t\r"), whole.size());
    const std::string_view name = whole.substr(1, std::max<size_t>(length, 1) - 1);
    const At at = {file, line};
    const std::vector<std::string> words = Words(whole.substr(length), variables_);
    const std::string_view behind = whole.substr(std::min(whole.find_first_not_of(" \t", length), whole.size()));
    const bool to_program = (name == "o" || name == "out" || name == "g" || name == "gx") && behind.starts_with("|");
    if (IsHarmless(name) && !to_program) return false;
    if (name == "encoding" && words.size() == 1 && IsUtf8(words[0])) return false;
    if (name == "q" || name == "quit") return true;
    // What a file named here gets is what psql would print.
    if ((name == "g" || name == "gx") && !to_program) {
      parts_.back().text += ';';
      return false;
    }
    if (name == "set" || name == "unset") {
      Set(name == "set", words);
      return false;
    }
    if (name == "i" || name == "include" || name == "ir" || name == "include_relative") {
      HONE_CHECK_OK(Include(words, at, depth));
      parts_.push_back({file, std::string(line - 1, '\n')});
      statement_ = 0;
      return false;
    }
    if (std::ranges::find(kOfData, name) != kOfData.end())
      return LeaveToPsql(at, fmt::format("\\{} is a command of psql's", name));
    return Refuse(at, fmt::format("\\{} is a command of psql's that Hone does not follow", name),
                  "Take it out of the script, or seed the database by a command of yours: `seed` in [database]");
  }

  void Set(bool on, const std::vector<std::string>& words) {
    if (words.empty()) return;
    if (!on) {
      variables_.erase(words[0]);
      return;
    }
    std::string& value = variables_[words[0]];
    value.clear();
    for (size_t i = 1; i < words.size(); ++i) value += words[i];
  }

  base::Result<void> Include(const std::vector<std::string>& words, const At& at, int depth) {
    if (words.empty()) return Refuse(at, "\\i names no file", "");
    if (depth >= kMostDepth) return Refuse(at, "scripts include one another for ever", "");
    fs::path folder = fs::absolute(at.file).parent_path();
    std::error_code error;
    for (int above = 0; above <= kMostFolders; ++above) {
      if (fs::is_regular_file(folder / words[0], error)) return Read((folder / words[0]).lexically_normal(), depth + 1);
      folder = folder.parent_path();
    }
    return Refuse(at, fmt::format("{} is neither in the file's folder nor from those above", words[0]), "");
  }

  base::Result<void> CheckCopy(const At& at) const {
    const std::string& text = parts_.back().text;
    std::string statement = text.substr(std::min(statement_, text.size()));
    std::ranges::transform(statement, statement.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto statements = SplitStatements(statement);
    if (statements.empty() || !statements[0].text.starts_with("copy ")) return {};
    if (statements[0].text.find(" from stdin") == std::string_view::npos) return {};
    return LeaveToPsql(at, "COPY ... FROM stdin takes its rows out of the script, as psql does");
  }

  PsqlVariables variables_;
  std::vector<ScriptPart> parts_ = {};
  size_t statement_ = 0;  // where the present statement begins in the last part
};

}  // namespace

bool NeedsPsql(const base::Error& error) { return error.what.ends_with(kWithoutPsql); }

base::Result<std::vector<ScriptPart>> ReadScript(const fs::path& file, PsqlVariables variables) {
  ScriptReader reader(std::move(variables));
  HONE_CHECK_OK(reader.Read(file, 0));
  return reader.Parts();
}

}  // namespace hone::pg
