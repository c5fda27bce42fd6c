// A configuration file of the service as [[service.file]] gives it: with Hone's database and ports in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_settings.h"
#include "ops/source_texts.h"

namespace hone::ops {

// The file's text with the values of `settings` (by key) in place of its own, without comments, templates of its own
// escaped, and what looks like a secret replaced. YAML and JSON, one value a line; nothing where a line is of another
// form, such as a sequence's or a text's of several lines: what is not understood is not copied. Pure.
std::optional<std::string> WithSettings(std::string_view text, const golang::ConfigFile& file,
                                        const std::vector<Setting>& settings);

// The one configuration file of a program that is given to it with other values. What it is made of must outlive it.
class ConfigCopy {
 public:
  ConfigCopy(const golang::Inspection& inspection, const std::string& main, const std::vector<SourceText>& texts)
      : inspection_(inspection), main_(main), texts_(texts) {}

  // Gives keys other values, beside those that were given before. False, and nothing changed, where no file has them
  // all and is named by a flag or variable.
  bool Set(const std::vector<Setting>& keys);

  const golang::ConfigFile* file() const { return file_; }  // nullptr: none was set
  // The value of the flag or variable that names the file.
  std::string Place() const;
  // The [[service.file]]; empty without a file.
  std::string Text() const;

 private:
  const golang::Inspection& inspection_;
  const std::string& main_;
  const std::vector<SourceText>& texts_;
  const golang::ConfigFile* file_ = nullptr;
  std::vector<Setting> set_ = {};
  std::string content_ = {};
};

}  // namespace hone::ops
