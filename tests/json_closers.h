// What a JSON document that was cut short lacks to be parsed: a stack machine of its own, for
// tests.
#pragma once

#include <string>
#include <string_view>

namespace pith::testing {

/// The beginning of a JSON document, made whole with as little as possible: half an escape, number
/// or word is finished, a name gets a null, what is open is closed.
class JsonCloser {
 public:
  static std::string closed(std::string_view text) {
    JsonCloser closer;
    for (const char c : text) closer.take(c);
    return std::string(text) + closer.rest();
  }

 private:
  enum class Expects { kNothing, kName, kColon, kValue };

  void take(char c) {
    if (in_string_) {
      in_string(c);
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      open_ += c;
      expects_ = Expects::kNothing;
    } else if (c == '}' || c == ']') {
      open_.pop_back();
      value_ended();
    } else if (c == ',') {
      value_ended();
      expects_ = open_.back() == '{' ? Expects::kName : Expects::kValue;
    } else if (c == ':') {
      expects_ = Expects::kValue;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (!scalar_.empty()) value_ended();
    } else {
      scalar_ += c;
      expects_ = Expects::kNothing;
    }
  }

  void value_ended() {
    scalar_.clear();
    expects_ = Expects::kNothing;
  }

  void in_string(char c) {
    if (!escape_.empty()) {
      escape_ += c;
      if (escape_.size() < (escape_[1] == 'u' ? 6U : 2U)) return;
      high_ = !high_ && is_high(escape_);
      escape_.clear();
    } else if (c == '\\') {
      escape_ = c;
    } else {
      high_ = false;
      if (c != '"') return;
      in_string_ = false;
      const bool name = !open_.empty() && open_.back() == '{' && expects_ != Expects::kValue;
      expects_ = name ? Expects::kColon : Expects::kNothing;
    }
  }

  // The first half of a pair.
  static bool is_high(std::string_view escape) {
    return escape.size() == 6 && (escape[2] | 0x20) == 'd' &&
           std::string_view("89abAB").find(escape[3]) != std::string_view::npos;
  }

  std::string rest() {
    std::string out;
    const auto add = [&](std::string_view more) {
      for (const char c : more) take(c);
      out += more;
    };
    if (in_string_) {
      constexpr std::string_view kLow = "\\ude00";
      if (high_) {
        add(kLow.substr(escape_.size()));
      } else if (escape_.size() == 1) {
        add("n");
      } else if (!escape_.empty()) {
        add(std::string(6 - escape_.size(), '0'));
        if (high_) add(kLow);
      }
      add("\"");
    }
    for (const std::string_view word : {"true", "false", "null"}) {
      if (!scalar_.empty() && scalar_.size() < word.size() && word.starts_with(scalar_))
        add(word.substr(scalar_.size()));
    }
    if (!scalar_.empty() &&
        std::string_view("-+.eE").find(scalar_.back()) != std::string_view::npos &&
        scalar_ != "true" && scalar_ != "false")
      add("0");
    while (!open_.empty()) {
      if (expects_ == Expects::kName) add("\"\"");
      if (expects_ == Expects::kColon) add(":");
      if (expects_ == Expects::kValue) add("null");
      add(open_.back() == '{' ? "}" : "]");
    }
    return out;
  }

  std::string open_;
  std::string scalar_;  ///< The number or word that is being read.
  std::string escape_;  ///< The escape that is being read.
  bool in_string_ = false;
  bool high_ = false;  ///< The second half of a pair of escapes must follow.
  Expects expects_ = Expects::kNothing;
};

}  // namespace pith::testing
