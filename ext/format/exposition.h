// Exposition: metrics as text, in the format that Prometheus reads from a page or a file
// (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace sqbackup {

class Exposition {
 public:
  struct Label {
    std::string_view name;
    std::string_view value;  // any bytes: those that are no UTF-8 are shown as \xNN
  };

  // The gauge that the samples after this belong to; it is shown once it has one.
  void begin_gauge(std::string_view name, std::string_view help);
  // `value` is finite.
  void add(std::initializer_list<Label> labels, double value);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string name_;
  std::string head_;  // of the gauge that has no sample yet
};

}  // namespace sqbackup
