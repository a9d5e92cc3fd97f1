"""Change a reform: what is different without the Virgin Lands, and how sure is that?"""

import thaw

history = thaw.scenario("historical")
other = history.without("virgin_lands")
answer = thaw.compare(history, other, draws=16)

print(answer.sentence())
columns = ["outcome", "place", "month", "median", "lo90", "hi90", "p_sign", "label"]
print(answer.largest(6)[columns].to_string(index=False))
print("Decided by the model:", ", ".join(answer.decided))

half = thaw.compare(history, history.dose("virgin_lands", 0.5), draws=16)
print("Half the area:", half.sentence())
