# A history of one thing after another: what was asked for, and with what, and what was told.
#     told.sh write/1/1 read/nil/1
number=0
for operation in "$@"; do
    IFS=/ read -r function asked told <<<"$operation"
    number=$((number + 1))
    echo "{:process $number :type :invoke :f :$function :value $asked}"
    echo "{:process $number :type :ok :f :$function :value $told}"
done
