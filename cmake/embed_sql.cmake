# Writes OUT: each of FILES as one raw string literal followed by a comma, in the order of their names.
list(SORT FILES)
set(text "")
foreach(file IN LISTS FILES)
  file(READ ${file} sql)
  string(APPEND text "R\"sqb_sql(${sql})sqb_sql\",\n")
endforeach()
file(WRITE ${OUT} "${text}")
