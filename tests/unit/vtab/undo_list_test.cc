#include "vtab/undo_list.h"

#include <string>

#include "support/test.h"

namespace sqbackup {
namespace {

struct Text {
  UndoList list;
  std::string value;
  // Appends `letter` until it is undone.
  Status append(char letter) {
    return list.run([this, before = value] { value = before; },
                    [&] {
                      value += letter;
                      return Status();
                    });
  }
};

TEST_CASE("a roll-back undoes the newest change first, as far as its savepoint") {
  Text text;
  CHECK(text.append('a').ok());
  text.list.savepoint(0);
  CHECK(text.append('b').ok());
  CHECK(text.append('c').ok());
  text.list.roll_back_to(0);
  CHECK(text.value == "a");
  CHECK(text.append('d').ok());
  text.list.roll_back();
  CHECK(text.value.empty());
}

TEST_CASE("what is committed or has failed is not undone") {
  Text text;
  CHECK(text.append('a').ok());
  text.list.commit();
  bool undone = false;
  CHECK(text.list.run([&] { undone = true; }, [] { return Status(Error::kBadArgument, "no"); })
            .is(Error::kBadArgument));
  text.list.roll_back();
  CHECK(text.value == "a");
  CHECK_FALSE(undone);
}

}  // namespace
}  // namespace sqbackup
