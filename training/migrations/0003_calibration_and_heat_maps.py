"""Calibrated scores and heat maps. Runs made before had neither, and their recipes now say so."""

from django.db import migrations, models


def say_what_older_runs_lack(apps, schema_editor):
    for run in apps.get_model("training", "TrainingRun").objects.all():
        run.recipe = {"calibration": "none", "heat_maps": "none", **run.recipe}
        run.save(update_fields=["recipe"])


def forget_it_again(apps, schema_editor):
    for run in apps.get_model("training", "TrainingRun").objects.all():
        run.recipe = {key: value for key, value in run.recipe.items() if key not in {"calibration", "heat_maps"}}
        run.save(update_fields=["recipe"])


class Migration(migrations.Migration):

    dependencies = [("training", "0002_new_photo")]

    operations = [
        migrations.AddField("fold", "temperature", models.FloatField(blank=True, null=True)),
        migrations.AddField("prediction", "calibrated", models.FloatField(blank=True, null=True)),
        migrations.AddField(
            "prediction", "heat_map", models.FileField(blank=True, default="", max_length=160, upload_to=""),
            preserve_default=False,
        ),
        migrations.AddField("prediction", "heat_share", models.FloatField(blank=True, null=True)),
        migrations.AddConstraint(
            "prediction",
            models.CheckConstraint(
                condition=models.Q(calibrated__isnull=True) | models.Q(calibrated__gte=0, calibrated__lte=1),
                name="prediction_calibrated_is_a_probability",
            ),
        ),
        migrations.RunPython(say_what_older_runs_lack, forget_it_again),
    ]
